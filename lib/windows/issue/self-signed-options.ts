import type { GenerateKeyOptions } from '../key/generate.js';
import type { PrivateKey } from '../key/private-key.js';
import type { CertificateStore } from '../store/store.js';

/** Options of createSelfSigned(). */
export interface SelfSignedOptions {
  /** Host names; those of other scripts may be given as people write them. '*.bar.example' stands for one level. */
  readonly dns?: readonly string[] | undefined;
  /** Addresses, IPv4 or IPv6. */
  readonly ip?: readonly string[] | undefined;
  /** 'CN=bar.example, O=Bar'. Default: the first of the names as CN, if it has at most 64 characters. */
  readonly subject?: string | undefined;
  /** How long it is valid from now on. Default 365; 1 to 36500. */
  readonly days?: number | undefined;
  /**
   * Its key, or how to make one. Default: an RSA key with 2048 bits that can't be exported, of the machine if the store
   * is.
   */
  readonly key?: PrivateKey | GenerateKeyOptions | undefined;
  /** What it may be used for in TLS. Default both. */
  readonly usages?: readonly ('server' | 'client')[] | undefined;
  /** What people see in lists of certificates. */
  readonly friendlyName?: string | undefined;
  /** Where it goes. Default 'CurrentUser\\MY'. */
  readonly store?: CertificateStore | string | undefined;
}
