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
  /** Lets `work` change the properties of the certificate, and saves them in the store. */
  change(certificate: Certificate, work: PropertyChange): Promise<void>;
  /** The certificate is closed, so that the store no longer needs to close it. */
  forget(certificate: Certificate): void;
}

/** What is known of the private key of a certificate. */
export type KeyInspection =
  | (KeyFacts & { readonly usable: true })
  /** `error` says why this account cannot use it. */
  | { readonly usable: false; readonly error: SchannelError };

export type PropertyChange = (certificate: NativeCertificate) => Promise<void>;

/**
 * A certificate in a store or in memory: its content, and what Windows keeps with it (friendly name, key, archived or
 * not).
 *
 * It is closed by {@link close}, or together with the store that it came from. Its content stays readable after that.
 */
export class Certificate extends CertificateContents implements Disposable {
  readonly #native: NativeCertificate;
  readonly #home: CertificateHome | null;
  #closed = false;

  /** Internal: takes ownership of the native certificate. */
  constructor(native: NativeCertificate, home: CertificateHome | null) {
    super(native.encoded);
    this.#native = native;
    this.#home = home;
  }

  /** Internal. @throws SchannelError ERR_SCHANNEL_USAGE_CLOSED */
  get native(): NativeCertificate {
    if (this.#closed) throw closed();
    return this.#native;
  }

  /** Its display name; null if it has none. */
  get friendlyName(): string | null {
    return readText(this.native, PROPERTY.friendlyName);
  }

  /** Kept, but no longer in use: Windows hides it in lists. */
  get archived(): boolean {
    return readProperty(this.native, PROPERTY.archived) !== null;
  }

  /** Whether Windows names a private key. {@link keyLocation} says where it is. */
  get hasPrivateKey(): boolean {
    return this.keyLocation !== null;
  }

  /** Where Windows says that the private key is. It may not exist. */
  get keyLocation(): NativeKeyLocation | null {
    return readKeyLocation(this.native);
  }

  /**
   * Purposes (identifiers) that it may be used for: those that it names, minus those that an administrator removed.
   * Null means any purpose, empty means none.
   */
  get extendedKeyUsage(): readonly string[] | null {
    const named = withoutAny(this.encodedKeyUsage);
    const left = this.#usagesLeft();
    if (named === null) return left;
    return left === null ? named : named.filter((usage) => left.includes(usage));
  }

  /** 'CurrentUser\\MY\\<thumbprint>', for findCertificate(); null if it is in no named store. */
  get reference(): string | null {
    const path = this.#home?.path ?? null;
    return path === null ? null : formatReference(path, this.thumbprint);
  }

  /**
   * Opens its private key and checks that it belongs to the certificate. Close the key after use.
   *
   * @throws SchannelError ERR_SCHANNEL_KEY_MISSING, ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_MISMATCH,
   *   ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG
   */
  async openPrivateKey(options: KeyDialogOptions = {}): Promise<PrivateKey> {
    return acquireKeyOf(this.native, options);
  }

  /** Describes its private key. Opens it without showing a dialog. Null if Windows names none. */
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
   * Sets the display name; null removes it. If it is in a store, other processes see the change immediately.
   * @throws SchannelError ERR_SCHANNEL_STORE_ACCESS_DENIED, ERR_SCHANNEL_STORE_READ_ONLY
   */
  setFriendlyName(name: string | null): Promise<void> {
    return this.#change((native) => writeText(native, PROPERTY.friendlyName, name));
  }

  /** Hides it in Windows' lists. @throws SchannelError as {@link setFriendlyName} */
  archive(): Promise<void> {
    return this.#change((native) => writeProperty(native, PROPERTY.archived, Buffer.alloc(0)));
  }

  /** Undoes {@link archive}. @throws SchannelError as {@link setFriendlyName} */
  unarchive(): Promise<void> {
    return this.#change((native) => writeProperty(native, PROPERTY.archived, null));
  }

  /** Its main properties, for logs. */
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

  /** Closes the handle; the certificate stays in its store. Idempotent. */
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

/** Null if the usages include "any". */
const withoutAny = (usages: readonly string[] | null): readonly string[] | null =>
  usages?.includes(ANY_USAGE) === true ? null : usages;

const closed = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_USAGE_CLOSED', 'The certificate is closed, by itself or with its store', {
    phase: 'store',
    advice: 'Use it before you close its store.',
  });
