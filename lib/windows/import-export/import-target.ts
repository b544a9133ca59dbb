import { type KeyObject } from 'node:crypto';
import type { NativeKeyLocation } from '../../native/store-binding.js';

/** What an import changes: certificate stores and private keys. Tests replace Windows' by scripted ones. */
export interface ImportTarget<Entry extends TargetCertificate> {
  /**
   * Opened at the first call.
   *
   * @param role 'own': the store that the caller chose for the leaf; 'CA' and 'Root' of the same location
   */
  store(role: StoreRole): Promise<TargetStore<Entry>>;
  /**
   * Call this before a certificate of the own store loses this key, which is deleted then: it is, too, if this process
   * is killed.
   */
  noteKey(location: NativeKeyLocation): Promise<void>;
  /** Stores a key in Windows under a new name. It is deleted if this process is killed before a certificate has it. */
  keepKey(key: KeyObject): Promise<NativeKeyLocation>;
  /** Deletes a key that {@link keepKey} stored. */
  removeKey(location: NativeKeyLocation): Promise<void>;
  /**
   * Call this at the end.
   * @param isDone everything is in place; otherwise it was undone, as far as that was possible
   */
  end(isDone: boolean): Promise<void>;
  /** Whether another part of this library added it temporarily and will remove it. */
  isTemporary(entry: Entry): boolean;
  /** A certificate that is in no store. */
  outside(certificate: Uint8Array): Entry;
}

export type StoreRole = 'own' | 'CA' | 'Root';

/** The part of a CertificateStore that an import needs. */
export interface TargetStore<Entry extends TargetCertificate> {
  /** 'CurrentUser\\MY'. */
  readonly path: string;
  find(query: { readonly thumbprint?: string }): Promise<Entry[]>;
  add(certificate: Entry | Uint8Array, options: TargetAddOptions): Promise<Entry>;
  remove(certificate: Entry): Promise<void>;
}

export interface TargetAddOptions {
  readonly onExisting: 'error' | 'keep' | 'replace';
  readonly friendlyName?: string;
  readonly keyLocation?: NativeKeyLocation;
  readonly trustRoot?: boolean;
}

/** The part of a Certificate that an import needs. */
export interface TargetCertificate {
  readonly keyLocation: NativeKeyLocation | null;
  inspectKey(): Promise<{ readonly usable: boolean } | null>;
}
