import { SchannelError } from '../../base/errors/schannel-error.js';

/** Identifiers of known algorithms that are not supported here. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.5.1', 'PBES1 with MD2 and DES'],
  ['1.2.840.113549.1.5.3', 'PBES1 with MD5 and DES'],
  ['1.2.840.113549.1.5.6', 'PBES1 with MD5 and RC2'],
  ['1.2.840.113549.1.5.10', 'PBES1 with SHA-1 and DES'],
  ['1.2.840.113549.1.5.11', 'PBES1 with SHA-1 and RC2'],
  ['1.2.840.113549.1.7.2', 'integrity by signature'],
  ['1.2.840.113549.1.7.3', 'encryption to a public key'],
  ['1.2.840.113549.1.12.1.1', 'RC4 with 128 bits'],
  ['1.2.840.113549.1.12.1.2', 'RC4 with 40 bits'],
  ['1.2.840.113549.2.6', 'HMAC-MD5'],
  ['1.2.840.113549.3.2', 'RC2-CBC within PBES2'],
  ['1.3.14.3.2.7', 'DES-CBC'],
  ['1.3.6.1.4.1.11591.4.11', 'scrypt'],
  ['2.16.840.1.101.3.4.1.6', 'AES-128-GCM'],
  ['2.16.840.1.101.3.4.1.46', 'AES-256-GCM'],
]);

/** ERR_SCHANNEL_IMPORT_UNSUPPORTED; `role` is the purpose of the algorithm: 'encryption', 'MAC', … */
export function unsupported(role: string, identifier: string): SchannelError {
  const name = NAMES.get(identifier);
  return new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    `The file uses ${name === undefined ? identifier : `${name} (${identifier})`} for its ${role}, which is not supported`,
    { advice: 'Export it again with AES-256 and SHA-256, or with 3DES and SHA-1.' },
  );
}
