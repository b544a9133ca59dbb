import { constants } from 'node:crypto';

import { SchannelError } from '../../base/errors/schannel-error.js';

/** The suites that a connection may use, by OpenSSL's names; null leaves the choice to Windows. */
export type CipherList = ReadonlySet<string> | null;

/**
 * Reads the option `ciphers` if it lists suites by name. Windows still offers suites by its own order and policy, and
 * a connection that negotiates another suite is refused. As in OpenSSL, a list that names no suite of TLS 1.3 doesn't
 * limit those.
 *
 * @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for OpenSSL's groups and operators
 */
export function parseCiphers(ciphers: string): CipherList {
  if (ciphers === constants.defaultCoreCipherList || EVERY.test(ciphers)) return null;
  const names = ciphers.split(/[:, ]+/).filter(Boolean);
  const foreign = names.find((name) => !NAME.test(name));
  if (foreign === undefined) return new Set(names);
  throw new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    `The option "ciphers" cannot be honoured: no cipher match for "${foreign}", which is not the name of a suite`,
    { advice: 'List the allowed suites by name, or leave "ciphers" out.' },
  );
}

/** Whether a connection may use this suite. */
export function allowsCipher(ciphers: CipherList, name: string): boolean {
  if (ciphers === null || ciphers.has(name)) return true;
  return isOfTls13(name) && ![...ciphers].some(isOfTls13);
}

/** Terms that exclude no suite of Windows. Levels 0 and 1 allow more, but nothing has to use it. */
const EVERY = /^(?:ALL|DEFAULT)(?:[:@]*@SECLEVEL=[01])?$/;

const isOfTls13 = (name: string): boolean => name.startsWith('TLS_');

/**
 * The names of suites have at least two parts ('AES128-SHA', 'TLS_AES_128_GCM_SHA256'), groups one ('HIGH', 'kRSA').
 */
const NAME = /^[A-Z0-9]+(?:[-_][A-Z0-9]+)+$/;
