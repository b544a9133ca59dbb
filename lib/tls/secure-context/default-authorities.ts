import { readFileSync } from 'node:fs';
import tls from 'node:tls';

import { parseCaList, type Authority, type CaSource } from '../../windows/trust/ca-list.js';
import { invalidType } from '../../base/errors/argument-error.js';
import { printable } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { pemOfCertificate } from '../../formats/x509/certificate-of.js';

/** What contexts without `ca` trust, and nothing else; null for what Windows trusts. */
let chosen: readonly Authority[] | null = null;
let extra: readonly Authority[] | null = null;

/** What contexts without `ca` trust, and nothing else; null for what Windows trusts. */
export const defaultAuthorities = (): readonly Authority[] | null => chosen;

/**
 * As tls.setDefaultCACertificates() (Node 22.19 and later): contexts without `ca` that are made from now on trust only
 * these, and not what Windows trusts.
 * @throws TypeError ERR_INVALID_ARG_TYPE; SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE
 */
export function setDefaultCACertificates(certificates: readonly CaSource[]): void {
  if (!Array.isArray(certificates)) throw invalidType('certs', 'an instance of Array', certificates);
  chosen = Object.freeze(parseCaList(certificates));
}

/** @internal Contexts trust what Windows trusts again. */
export function resetDefaultAuthorities(): void {
  chosen = null;
}

/** Node's own function, before a program replaces it; Node 20 has none. */
const nodes = Reflect.get(tls, 'getCACertificates') as ((type: string) => string[]) | undefined;

/**
 * As tls.getCACertificates() (Node 22.15 and later), except for 'default': that is what this package trusts without
 * `ca`. These are the certificates of 'system', which Windows trusts, and of 'extra', or those given to
 * setDefaultCACertificates().
 * @returns PEM
 * @throws TypeError ERR_INVALID_ARG_VALUE; SchannelError ERR_SCHANNEL_SYSTEM_UNSUPPORTED with Node 20
 */
export function getCACertificates(
  type: 'default' | 'system' | 'bundled' | 'extra' = 'default',
): readonly string[] {
  if (type === 'default' && chosen !== null)
    return Object.freeze(chosen.map(({ der }) => pemOfCertificate(der)));
  if (!nodes) {
    throw new SchannelError(
      'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
      'This version of Node does not list authorities',
      { advice: "Use Node 22.15 or later, or schannel/store to list the store 'ROOT'." },
    );
  }
  return type === 'default' ? Object.freeze([...nodes('system'), ...nodes('extra')]) : nodes(type);
}

/** The certificates of the file that NODE_EXTRA_CA_CERTS names. It is read once. */
export function extraAuthorities(): readonly Authority[] {
  extra ??= Object.freeze(read(process.env['NODE_EXTRA_CA_CERTS']));
  return extra;
}

/** A file that can't be read is ignored with a warning, as Node does. */
function read(file: string | undefined): Authority[] {
  if (!file) return [];
  try {
    return parseCaList(readFileSync(file));
  } catch (error) {
    process.emitWarning(`Ignoring extra certs from "${file}": ${printable(String(error))}`);
    return [];
  }
}
