import { SchannelError } from '../../base/errors/schannel-error.js';
import type { KeyDialogOptions } from '../key/dialog.js';
import type { KeyFacts } from '../key/facts.js';
import { acquireKeyOf } from '../key/keys.js';
import type { PrivateKey } from '../key/private-key.js';
import type { NativeCertificate, NativeKeyLocation } from '../../native/store-binding.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { readUsages } from '../../formats/x509/extensions.js';
import { PROPERTY, readKeyLocation, readProperty, readText, writeProperty, writeText } from './properties.js';
import { formatReference } from './reference.js';

/** The store that a certificate is kept in. */
export interface CertificateHome {
  /** 'CurrentUser\\MY'; null for a store without a name. */
  readonly path: string | null;
  /** Lets `work` change the properties of the certificate, and has the store keep them. */
  change(certificate: Certificate, work: PropertyChange): Promise<void>;
  /** Need not close this certificate any more: it is closed. */
  forget(certificate: Certificate): void;
}

/** What is known of the private key of a certificate. */
export type KeyInspection =
  | (KeyFacts & { readonly usable: true })
  /** `error` says why this account cannot use it. */
  | { readonly usable: false; readonly error: SchannelError };

export type PropertyChange = (certificate: NativeCertificate) => Promise<void>;

/**
 * A certificate of Windows, in a store or by itself: what stands in it, and what Windows keeps beside it (friendly name,
 * key, archived or not).
 *
 * It is given back by {@link close}, or together with the store that gave it. What stands in it can be read after that
 * too.
 */
export class Certificate extends CertificateContents implements Disposable {
  readonly #native: NativeCertificate;
  readonly #home: CertificateHome | null;
  #closed = false;

  /** For the library itself: takes over the native certificate. */
  constructor(native: NativeCertificate, home: CertificateHome | null) {
    super(native.encoded);
    this.#native = native;
    this.#home = home;
  }

  /** For the library itself. @throws SchannelError ERR_SCHANNEL_USAGE_CLOSED */
  get native(): NativeCertificate {
    if (this.#closed) throw closed();
    return this.#native;
  }

  /** The name that people gave it; null when it has none. */
  get friendlyName(): string | null {
    return readText(this.native, PROPERTY.friendlyName);
  }

  /** Kept, but no longer to be used: Windows leaves it out where it lists. */
  get archived(): boolean {
    return readProperty(this.native, PROPERTY.archived) !== null;
  }

  /** Whether Windows says that there is a private key; {@link keyLocation} says where. */
  get hasPrivateKey(): boolean {
    return this.keyLocation !== null;
  }

  /** Where the private key is said to be. Nothing has looked whether it is there. */
  get keyLocation(): NativeKeyLocation | null {
    return readKeyLocation(this.native);
  }

  /**
   * Purposes (identifiers) that it may be used for: those it names, less those that an administrator took away. Null
   * when it is for any, empty when it is for none.
   */
  get extendedKeyUsage(): readonly string[] | null {
    const named = withoutAny(this.encodedKeyUsage);
    const left = this.#usagesLeft();
    if (named === null) return left;
    return left === null ? named : named.filter((usage) => left.includes(usage));
  }

  /** 'CurrentUser\\MY\\<thumbprint>', by which it is found again; null when it is in no store with a name. */
  get reference(): string | null {
    const path = this.#home?.path ?? null;
    return path === null ? null : formatReference(path, this.thumbprint);
  }

  /**
   * Opens its private key, which is then proven to be its own. Close the key after use.
   *
   * @throws SchannelError ERR_SCHANNEL_KEY_MISSING, ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_MISMATCH,
   * ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG
   */
  async openPrivateKey(options: KeyDialogOptions = {}): Promise<PrivateKey> {
    return acquireKeyOf(this.native, options);
  }

  /** Opens its private key without asking anybody, and tells what it is; null when Windows names none. */
  async inspectKey(): Promise<KeyInspection | null> {
    if (!this.hasPrivateKey) return null;
    try {
      const key = await this.openPrivateKey({ silent: true });
      await key.close();
      return { ...key.facts, usable: true };
    } catch (error) {
      if (error instanceof SchannelError) return { usable: false, error };
      throw error;
    }
  }

  /**
   * Names it for people; null takes the name away. In a store other processes see it at once.
   * @throws SchannelError ERR_SCHANNEL_STORE_ACCESS_DENIED, ERR_SCHANNEL_STORE_READ_ONLY
   */
  setFriendlyName(name: string | null): Promise<void> {
    return this.#change((native) => writeText(native, PROPERTY.friendlyName, name));
  }

  /** Has Windows leave it out where it lists. @throws SchannelError as {@link setFriendlyName} */
  archive(): Promise<void> {
    return this.#change((native) => writeProperty(native, PROPERTY.archived, Buffer.alloc(0)));
  }

  /** Undoes {@link archive}. @throws SchannelError as {@link setFriendlyName} */
  unarchive(): Promise<void> {
    return this.#change((native) => writeProperty(native, PROPERTY.archived, null));
  }

  /** What a person wants to know of it. */
  toJSON(): object {
    const { subject, issuer, serialNumber, validFrom, validTo, dnsNames, ipAddresses, emailAddresses } = this;
    const { keyUsage, extendedKeyUsage, isAuthority, template, keyIdentifier, thumbprint, thumbprint256 } =
      this;
    const { friendlyName, archived, hasPrivateKey, reference } = this;
    return {
      subject,
      issuer,
      serialNumber,
      validFrom,
      validTo,
      dnsNames,
      ipAddresses,
      emailAddresses,
      keyUsage,
      extendedKeyUsage,
      isAuthority,
      template,
      keyIdentifier,
      thumbprint,
      thumbprint256,
      friendlyName,
      archived,
      hasPrivateKey,
      reference,
    };
  }

  /** Gives the certificate back to Windows; it stays in its store. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#native.close();
    this.#home?.forget(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #change(work: PropertyChange): Promise<void> {
    const { native } = this;
    await (this.#home === null ? work(native) : this.#home.change(this, work));
  }

  #usagesLeft(): readonly string[] | null {
    const property = readProperty(this.native, PROPERTY.enhancedKeyUsage);
    if (property === null) return null;
    try {
      return withoutAny(readUsages(property));
    } catch {
      return [];
    }
  }
}

const ANY_USAGE = '2.5.29.37.0';

/** Null where the usages say that any will do. */
const withoutAny = (usages: readonly string[] | null): readonly string[] | null =>
  usages?.includes(ANY_USAGE) === true ? null : usages;

const closed = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_USAGE_CLOSED', 'The certificate is closed, by itself or with its store', {
    phase: 'store',
    advice: 'Use it before you close its store.',
  });
