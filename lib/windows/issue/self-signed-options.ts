import type { GenerateKeyOptions } from '../key/generate.js';
import type { PrivateKey } from '../key/private-key.js';
import type { CertificateStore } from '../store/store.js';

/** Options of createSelfSigned(). */
export interface SelfSignedOptions {
  /** Host names; international names may be given in Unicode. '*.bar.example' covers one level. */
  readonly dns?: readonly string[] | undefined;
  /** Addresses, IPv4 or IPv6. */
  readonly ip?: readonly string[] | undefined;
  /** 'CN=bar.example, O=Bar'. Default: the first of the names as CN, if it has at most 64 characters. */
  readonly subject?: string | undefined;
  /** From when on it is valid. Default five minutes ago, since clocks of peers may be slow. */
  readonly validFrom?: Date | undefined;
  /** Days that it is valid from now on, 1 to 36500. Default 365. */
  readonly days?: number | undefined;
  /**
   * Its key, or options for a new one. Default: an RSA key of 2048 bits that can't be exported. It belongs to the
   * machine if the store does.
   */
  readonly key?: PrivateKey | GenerateKeyOptions | undefined;
  /** What it may be used for in TLS. Default both. */
  readonly usages?: readonly ('server' | 'client')[] | undefined;
  /** Display name in lists of certificates. */
  readonly friendlyName?: string | undefined;
  /** The store that it is added to. Default 'CurrentUser\\MY'. */
  readonly store?: CertificateStore | string | undefined;
}
