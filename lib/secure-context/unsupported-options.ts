import { constants } from 'node:crypto';
import tls from 'node:tls';

import { SchannelError } from '../errors/schannel-error.js';

/**
 * Options of node:tls that Windows, or this version of the library, has nothing for. They are refused by name rather
 * than ignored: a program that asks for a cipher must not believe that it has it.
 */
const REASONS: Readonly<Record<string, string>> = {
  ciphers: 'Windows chooses the suites by its own order and policy (Get-TlsCipherSuite)',
  sigalgs: 'Windows has no list of signature algorithms per connection',
  ecdhCurve: 'Windows chooses the groups by its own order and policy (Get-TlsEccCurve)',
  dhparam: 'Windows brings its own Diffie-Hellman parameters',
  secureOptions: 'these are switches of OpenSSL',
  pskCallback: 'Windows has no pre-shared keys for TLS',
  pskIdentityHint: 'Windows has no pre-shared keys for TLS',
  session: 'Windows keeps sessions itself and resumes them without being asked',
  ticketKeys: 'Windows makes its own ticket keys',
  enableTrace: 'Windows gives out no trace; its event log and docs/errors.md help',
  certificateCompression: 'Windows has no certificate compression',
  clientCertEngine: 'engines belong to OpenSSL',
  privateKeyEngine: 'engines belong to OpenSSL',
  privateKeyIdentifier: 'engines belong to OpenSSL',
  requestOCSP: 'Windows uses a stapled answer itself; ask for it by "revocation"',
  crl: 'this version has no lists of its own; Windows fetches them by "revocation"',
};

/** Values that ask for nothing, since they are what Windows does anyway. */
const HARMLESS: Readonly<Record<string, (value: unknown) => boolean>> = {
  ciphers: (value) => value === tls.DEFAULT_CIPHERS || value === constants.defaultCoreCipherList,
  ecdhCurve: (value) => value === tls.DEFAULT_ECDH_CURVE || value === 'auto',
  dhparam: (value) => value === 'auto',
  secureOptions: (value) => value === 0,
  enableTrace: (value) => value === false,
  certificateCompression: (value) => Array.isArray(value) && value.length === 0,
  requestOCSP: (value) => value === false,
};

/** @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for the first option with a value that cannot be honoured. */
export function refuseUnsupportedOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const reason = Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
    if (reason === undefined || value === undefined || value === null || HARMLESS[name]?.(value) === true)
      continue;
    throw new SchannelError(
      'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      `The option "${name}" cannot be honoured: ${reason}`,
      {
        advice: `Leave "${name}" out, or use node:tls where it is needed.`,
      },
    );
  }
}
