import { argumentError, invalidType } from '../../../base/errors/argument-error.js';
import { printable } from '../../../base/text/printable.js';
import { Networks } from './addresses.js';
import { isSecretHash } from './secret.js';
import { NameRules } from './names.js';

/** Somebody who may have records changed. */
export interface ChallengeClient {
  /** What the client gives as its user: up to 64 letters, digits and '._@-'. */
  readonly name: string;
  /** What `newChallengeSecret()` returned as `hash`. The secret itself is nowhere but at the client. */
  readonly secret: string;
  /**
   * Names for which it may get certificates: 'www.bar.example' for this name and its wildcard, '*.bar.example' for any
   * one label in front, '.bar.example' for any name below. Default none.
   */
  readonly names?: readonly string[] | undefined;
  /** Hosts whose A and AAAA records it may set, in the same form. Default none. */
  readonly hosts?: readonly string[] | undefined;
  /** Whether these records may have any address. Default only private ones (RFC 1918, RFC 4193). */
  readonly publicAddresses?: boolean | undefined;
  /** Where it must come from: '10.0.0.0/8'. Default anywhere. */
  readonly networks?: readonly string[] | undefined;
  /**
   * A certificate that it must show in addition: SHA-256 of the whole in hexadecimal digits, or a DNS name in one that
   * the server's `ca` has issued. Default none.
   */
  readonly certificate?: string | undefined;
  /** The label below the server's `zone` whose record it may set as a client of acme-dns. Default none. */
  readonly subdomain?: string | undefined;
}

/** A client whose rules were checked. */
export interface CheckedClient {
  readonly name: string;
  readonly secret: string;
  readonly names: NameRules;
  readonly hosts: NameRules;
  readonly publicAddresses: boolean;
  readonly certificate: string | null;
  readonly subdomain: string | null;
  /** @param address of the connection */
  mayComeFrom(address: string): boolean;
}

const CLIENT_NAME = /^[\w.@-]{1,64}$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MEMBERS = [
  'name',
  'secret',
  'names',
  'hosts',
  'publicAddresses',
  'networks',
  'certificate',
  'subdomain',
];

/**
 * What a file or a program gives for a client. A member that is unknown is refused: a limit that is misspelt would be
 * none.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function checkedClient(value: unknown): CheckedClient {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidType('clients', 'an array of objects', value);
  const {
    name,
    secret,
    names,
    hosts,
    publicAddresses = false,
    networks,
    certificate,
    subdomain,
  } = value as ChallengeClient;
  if (typeof name !== 'string' || !CLIENT_NAME.test(name))
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The name of a client must be up to 64 letters, digits and '._@-'`,
    );
  const wrong = (what: string): Error =>
    argumentError('ERR_INVALID_ARG_VALUE', `The client ${name} has ${what}`);
  const unknown = Object.keys(value).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) throw wrong(`an unknown member: ${printable(unknown, 64)}`);
  if (!isSecretHash(secret)) throw wrong('a secret that newChallengeSecret() did not make');
  if (typeof publicAddresses !== 'boolean')
    throw wrong(`a value for 'publicAddresses' that is not true or false`);
  if (subdomain !== undefined && !(typeof subdomain === 'string' && SUBDOMAIN.test(subdomain)))
    throw wrong(`a 'subdomain' that is no label of DNS in lower case`);
  return {
    name,
    secret,
    names: new NameRules(listOf(names, 'names', wrong)),
    hosts: new NameRules(listOf(hosts, 'hosts', wrong)),
    publicAddresses,
    certificate: certificateOf(certificate, wrong),
    subdomain: subdomain ?? null,
    mayComeFrom: networks === undefined ? () => true : networksOf(networks, wrong),
  };
}

function listOf(value: unknown, member: string, wrong: (what: string) => Error): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw wrong(`something else than a list of texts as '${member}'`);
}

function certificateOf(value: unknown, wrong: (what: string) => Error): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  const digits = text.replaceAll(':', '');
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  if (/^[a-z0-9.-]+$/.test(text) && text.includes('.')) return text;
  throw wrong(`a 'certificate' that is neither a SHA-256 nor a DNS name`);
}

/**
 * Whether an address is in one of the networks.
 *
 * @param value ['10.0.0.0/8']
 * @throws what `wrong` returns
 */
export function networksOf(
  value: unknown,
  wrong: (what: string) => Error = (what) => argumentError('ERR_INVALID_ARG_VALUE', `There is ${what}`),
): CheckedClient['mayComeFrom'] {
  const networks = new Networks();
  for (const network of listOf(value, 'networks', wrong)) {
    if (!networks.add(network))
      throw wrong(`a network that is not like '10.0.0.0/8': ${printable(network, 64)}`);
  }
  return (address) => networks.has(address);
}
