import type { CertificateTemplate } from '../../formats/request/template.js';
import type { KeyUsage } from '../../formats/x509/usages.js';
import type { KeyDialogOptions } from '../key/dialog.js';
import type { GenerateKeyOptions } from '../key/generate.js';
import type { OpenKeyOptions } from '../key/open.js';
import type { PrivateKey } from '../key/private-key.js';
import type { Certificate } from '../store/certificate.js';

/** Where requests and their keys are: those of the user, or of the machine. */
export type RequestLocation = 'CurrentUser' | 'LocalMachine';

/** Options of createRequest(). One name is needed: a `subject`, an alternative name, or a certificate to renew. */
export interface RequestOptions {
  /** 'CN=bar.example, O=Bar'. Default: the first of the names as CN, if it has at most 64 characters. */
  readonly subject?: string | undefined;
  /** Host names; international names may be given in Unicode. '*.bar.example' covers one level. */
  readonly dns?: readonly string[] | undefined;
  /** Addresses, IPv4 or IPv6. */
  readonly ip?: readonly string[] | undefined;
  /** E-mail addresses. */
  readonly email?: readonly string[] | undefined;
  /** User principal names, 'anna@ad.bar.example': the Windows accounts that can log on. */
  readonly upn?: readonly string[] | undefined;
  readonly uri?: readonly string[] | undefined;
  /**
   * Purposes: 'server', 'client', a name of EXTENDED_KEY_USAGES or an identifier. Empty leaves them to the authority.
   * Default 'client' if all names are those of persons (`email`, `upn`), otherwise 'server'.
   */
  readonly usages?: readonly string[] | undefined;
  /** What the key may do. Default 'digitalSignature', and 'keyEncipherment' for RSA. */
  readonly keyUsage?: readonly KeyUsage[] | undefined;
  /**
   * Template of a Windows authority: its name ('WebServer', not the displayed name 'Web Server'), or identifier and
   * version ('1.3.6.1.4.1.311.21.8.1.2:100.3'). Default none, as other authorities expect.
   */
  readonly template?: string | CertificateTemplate | undefined;
  /**
   * Its key, or options for a new one. A given key stays open. Default: an RSA key of 2048 bits that can't be
   * exported, or a key of the same type as that of the certificate to renew.
   */
  readonly key?: PrivateKey | GenerateKeyOptions | undefined;
  /** An existing key by its name, instead of `key`. It is opened and closed again. */
  readonly existingKey?: OpenKeyOptions | undefined;
  /** Default 'CurrentUser', or where the certificate to renew is. With 'LocalMachine' a new key is the machine's. */
  readonly location?: RequestLocation | undefined;
  /** Display name of the pending request, and later of the certificate. Default none. */
  readonly friendlyName?: string | undefined;
  /** A certificate of a store, or its reference: subject, names, purposes and template are taken from it. */
  readonly renew?: Certificate | string | undefined;
  /** Whether the key of the certificate to renew is used again. Default false: a new key. */
  readonly sameKey?: boolean | undefined;
  /** How an RSA key signs the request. Older authorities cannot read 'pss'. Default 'pkcs1'. */
  readonly padding?: 'pkcs1' | 'pss' | undefined;
  /** The digest that an RSA key signs. Curves have their own. Default 'sha256'. */
  readonly digest?: 'sha256' | 'sha384' | 'sha512' | undefined;
  /** How the provider of an existing key may ask for a PIN. For a new key, see `key`. */
  readonly dialog?: KeyDialogOptions | undefined;
}
