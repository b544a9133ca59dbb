import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeDecryptScheme, NativeSignScheme } from '../../native/store-binding.js';
import { type KeyFacts } from './facts.js';

/** Explains why a provider refuses a padding or a digest: the status is not enough to understand it. */

/** Statuses for something that a provider does not support. */
const UNABLE: ReadonlySet<number | undefined> = new Set([
  0x80090008, // NTE_BAD_ALGID
  0x80090009, // NTE_BAD_FLAGS
  0x80090029, // NTE_NOT_SUPPORTED
]);

/** Statuses for an unsupported salt. For decryption the first means something else. */
const UNABLE_TO_SALT: ReadonlySet<number | undefined> = new Set([
  0x80090027, // NTE_INVALID_PARAMETER
  0x40290423, // TPM_E_PCP_UNSUPPORTED_PSS_SALT: a failure, although its severity is that of a success
]);

/** The error of a signature, with an explanation if there is one. */
export function signFailure(error: unknown, facts: KeyFacts, { padding, hash }: NativeSignScheme): unknown {
  if (!(error instanceof SchannelError)) return error;
  if (padding !== 'pss') {
    return UNABLE.has(error.status)
      ? unable(error, facts, `signatures with ${hash || 'this digest'}`)
      : error;
  }
  const isUnable = UNABLE.has(error.status) || UNABLE_TO_SALT.has(error.status);
  return isUnable ? unable(error, facts, 'this kind of PSS signatures', PSS_ADVICE) : error;
}

/**
 * The error for a signature of zeros, which a TPM can answer with NO_ERROR where it lacks the salt
 * (ElMostafaIdrassi/pcpcrypto, "Known Limitations"); null for any other signature.
 */
export function zeroSignature(
  signature: Uint8Array,
  facts: KeyFacts,
  { padding }: NativeSignScheme,
): SchannelError | null {
  if (signature.some((byte) => byte !== 0)) return null;
  return padding === 'pss'
    ? unable(undefined, facts, 'this kind of PSS signatures', PSS_ADVICE)
    : unable(undefined, facts, 'this signature');
}

/** The error of a decryption, with an explanation if there is one. */
export function decryptFailure(error: unknown, facts: KeyFacts, scheme: NativeDecryptScheme): unknown {
  if (!(error instanceof SchannelError) || !UNABLE.has(error.status)) return error;
  const { padding, hash, label } = scheme;
  const oaep = `OAEP with ${hash}${label.length > 0 ? ' and a label' : ''}`;
  return unable(error, facts, padding === 'oaep' ? oaep : 'decryption with PKCS #1');
}

const CAPI_ADVICE =
  'It is a provider of CryptoAPI. Import the key into a key storage provider ("software"), which supports more.';

const PSS_ADVICE =
  'TPMs and smart cards support at most a salt as long as the digest, and many no PSS at all. Use PKCS #1, or for TLS a key on the curve P-256.';

function unable(
  cause: SchannelError | undefined,
  facts: KeyFacts,
  what: string,
  advice?: string,
): SchannelError {
  const remedy = facts.api === 'capi' ? CAPI_ADVICE : advice;
  return new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    `The provider of the private key does not support ${what} (${facts.provider ?? 'an unnamed provider'})`,
    {
      phase: 'key',
      ...(cause?.status !== undefined && { status: cause.status }),
      ...(cause?.syscall !== undefined && { syscall: cause.syscall }),
      ...(remedy !== undefined && { advice: remedy }),
      ...(cause !== undefined && { cause }),
    },
  );
}
