import tls from 'node:tls';

import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/**
 * Options of node:tls without a counterpart in Windows. They are refused by name, not ignored: a program must not
 * believe that it got what it asked for.
 */
const REASONS: Readonly<Record<string, string>> = {
  sigalgs: 'Windows has no list of signature algorithms per connection',
  ecdhCurve: 'Windows chooses the groups by its own order and policy (Get-TlsEccCurve)',
  dhparam: 'Windows brings its own Diffie-Hellman parameters',
  pskCallback: 'Windows has no pre-shared keys for TLS',
  pskIdentityHint: 'Windows has no pre-shared keys for TLS',
  ticketKeys: 'Windows makes its own ticket keys',
  enableTrace: 'Windows has no trace; see its event log and docs/errors.md',
  certificateCompression: 'Windows has no certificate compression',
};

/** Node has an error for them, which it throws where its OpenSSL was built without engines. */
const OF_ENGINES: readonly string[] = ['clientCertEngine', 'privateKeyEngine', 'privateKeyIdentifier'];

/** Values that are accepted because Windows behaves that way anyway. */
const HARMLESS: Readonly<Record<string, (value: unknown) => boolean>> = {
  ecdhCurve: (value) => value === tls.DEFAULT_ECDH_CURVE || value === 'auto',
  dhparam: (value) => value === 'auto',
  enableTrace: (value) => value === false,
  certificateCompression: (value) => Array.isArray(value) && value.length === 0,
};

/** Node checks these types before anything else. */
const STRINGS = ['ciphers', 'passphrase', 'ecdhCurve', 'sigalgs', ...OF_ENGINES];

const TICKET_KEYS_LENGTH = 48;

/**
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE as node:tls
 * @throws SchannelError for the first option with a value that cannot be honoured: ERR_SCHANNEL_OPTION_UNSUPPORTED; of
 *   OpenSSL's engines ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED, as node:tls where it has none
 */
export function refuseUnsupportedOptions(options: object): void {
  checkTypes(options as Readonly<Record<string, unknown>>);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || HARMLESS[name]?.(value) === true) continue;
    if (OF_ENGINES.includes(name)) throw engineRefused(name);
    const reason = Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
    if (reason === undefined) continue;
    throw new SchannelError(
      'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      `The option "${name}" cannot be honoured: ${reason}`,
      {
        advice: `Leave "${name}" out, or use node:tls where it is needed.`,
      },
    );
  }
}

const engineRefused = (name: string): SchannelError =>
  new SchannelError(
    'ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED',
    'Custom engines not supported by this OpenSSL',
    {
      advice: `Leave "${name}" out. For keys on smart cards and in other providers, use the option "certificate".`,
    },
  );

function checkTypes(options: Readonly<Record<string, unknown>>): void {
  for (const name of STRINGS) {
    const value = options[name];
    if (value !== undefined && value !== null && typeof value !== 'string' && !isPassphrase(name, value))
      throw invalidType(`options.${name}`, 'of type string', value);
  }
  const { ticketKeys } = options;
  if (ticketKeys === undefined || ticketKeys === null) return;
  if (!ArrayBuffer.isView(ticketKeys)) {
    throw invalidType('options.ticketKeys', 'an instance of Buffer, TypedArray, or DataView', ticketKeys);
  }
  if (ticketKeys.byteLength !== TICKET_KEYS_LENGTH) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "The property 'options.ticketKeys' must be exactly 48 bytes",
    );
  }
}

/** A passphrase may also be bytes here. */
const isPassphrase = (name: string, value: unknown): boolean =>
  name === 'passphrase' && value instanceof Uint8Array;
