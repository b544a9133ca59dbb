import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeDecryptScheme } from '../../native/store-binding.js';
import { checkBytes, checkOneOf } from './arguments.js';
import { digestOf } from './digest.js';
import { type KeyFacts } from './facts.js';

/** How to decrypt; the names are those of crypto.privateDecrypt(). */
export interface DecryptOptions {
  /**
   * Default 'oaep'. With 'pkcs1', never let others see whether decryption succeeded: that is enough to use the key
   * (RFC 8017 §7.2).
   */
  readonly padding?: 'oaep' | 'pkcs1' | undefined;
  /** Digest of 'oaep'. Default 'sha1', as in node:crypto; a CSP has no other. */
  readonly oaepHash?: string | undefined;
  /** Label of 'oaep'. Default none; a CSP has none. */
  readonly oaepLabel?: Uint8Array | undefined;
}

/**
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_CRYPTO_INVALID_DIGEST
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED
 */
export function decryptSchemeOf(
  { algorithm }: Pick<KeyFacts, 'algorithm'>,
  { padding = 'oaep', oaepHash = 'sha1', oaepLabel = new Uint8Array(0) }: DecryptOptions,
): NativeDecryptScheme {
  checkOneOf('padding', ['oaep', 'pkcs1'], padding);
  checkBytes('oaepLabel', oaepLabel);
  const { cngName } = digestOf(oaepHash, 'oaepHash');
  if (algorithm !== 'rsa') throw notRsa(algorithm);
  return padding === 'pkcs1'
    ? { padding, hash: '', label: new Uint8Array(0) }
    : { padding, hash: cngName, label: oaepLabel };
}

const notRsa = (algorithm: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    `A private key of the kind "${algorithm}" cannot decrypt`,
    {
      phase: 'key',
      advice: 'Use an RSA key.',
    },
  );
