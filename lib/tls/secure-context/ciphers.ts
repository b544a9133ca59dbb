import { constants } from 'node:crypto';

import { SchannelError } from '../../base/errors/schannel-error.js';

/** The suites that a connection may have, by OpenSSL's names; null leaves them to Windows. */
export type CipherList = ReadonlySet<string> | null;

/**
 * Reads the option `ciphers` as far as it lists suites by their names. Windows offers by its own order and policy all the
 * same; a connection that comes out with another suite is refused. As in OpenSSL the suites of TLS 1.3 are not limited
 * by a list that names none of them.
 *
 * @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for OpenSSL's language of groups and operators
 */
export function parseCiphers(ciphers: string): CipherList {
  if (ciphers === constants.defaultCoreCipherList || EVERY.test(ciphers)) return null;
  const names = ciphers.split(/[:, ]+/).filter(Boolean);
  const foreign = names.find((name) => !NAME.test(name));
  if (foreign === undefined) return new Set(names);
  throw new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    `The option "ciphers" cannot be honoured: "${foreign}" is a term of OpenSSL's, not the name of a suite`,
    { advice: 'List the suites that are allowed by their names, or leave "ciphers" out.' },
  );
}

/** Whether a connection may have this suite. */
export function allowsCipher(ciphers: CipherList, name: string): boolean {
  if (ciphers === null || ciphers.has(name)) return true;
  return isOfTls13(name) && ![...ciphers].some(isOfTls13);
}

/** Excludes nothing that Windows has; levels 0 and 1 allow more, which nobody has to use. */
const EVERY = /^(?:ALL|DEFAULT)(?:[:@]*@SECLEVEL=[01])?$/;

const isOfTls13 = (name: string): boolean => name.startsWith('TLS_');

/** Names of suites have at least two parts ('AES128-SHA', 'TLS_AES_128_GCM_SHA256'); groups ('HIGH', 'kRSA') have one. */
const NAME = /^[A-Z0-9]+(?:[-_][A-Z0-9]+)+$/;
