import { domainToASCII } from 'node:url';
import { inspect } from 'node:util';
import { isIP } from 'node:net';
import { GeneralName } from '@peculiar/asn1-x509';
import { argumentError } from '../../base/errors/argument-error.js';
import { canonicalAddress } from './ip-address.js';

/** Names for the subject alternative name (RFC 5280 §4.2.1.6). */
export interface AlternativeNames {
  /** In ASCII. */
  readonly dns: readonly string[];
  /** In the shortest form. */
  readonly ip: readonly string[];
}

/**
 * Names in the form for certificates: international names as A-labels ('xn--…', RFC 5890), without a final dot.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE for an invalid name or address
 */
export function alternativeNames(dns: readonly string[], ip: readonly string[]): AlternativeNames {
  return { dns: [...new Set(dns.map(asciiName))], ip: [...new Set(ip.map(address))] };
}

/** A label of a host name. '_' is in use, and the first label may be '*' (RFC 6125 §6.4.3). */
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

function asciiName(name: string): string {
  const ascii = domainToASCII(name).replace(/\.$/, '');
  if (NAME.test(ascii) && ascii.length <= 253 && isIP(ascii) === 0) return ascii;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'dns' must contain host names; put addresses into 'ip'. Received ${inspect(name)}`,
  );
}

function address(text: string): string {
  const canonical = text.includes('%') ? null : canonicalAddress(text);
  if (canonical !== null) return canonical;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'ip' must contain IP addresses. Received ${inspect(text)}`,
  );
}

export const generalNames = ({ dns, ip }: AlternativeNames): GeneralName[] => [
  ...dns.map((dNSName) => new GeneralName({ dNSName })),
  ...ip.map((iPAddress) => new GeneralName({ iPAddress })),
];
