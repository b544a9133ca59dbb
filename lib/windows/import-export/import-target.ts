import { type KeyObject } from 'node:crypto';
import type { NativeKeyLocation } from '../../native/store-binding.js';

/** What an import changes: certificate stores and private keys. Windows' own in use, scripted ones in tests. */
export interface ImportTarget<Entry extends TargetCertificate> {
  /**
   * Opened at the first call.
   *
   * @param role 'own': what the caller wants the leaf in; 'CA' and 'Root' of the same location
   */
  store(role: StoreRole): Promise<TargetStore<Entry>>;
  /** Keeps a key in Windows under a new name. */
  keepKey(key: KeyObject): Promise<NativeKeyLocation>;
  /** Destroys a key that {@link keepKey} made. */
  removeKey(location: NativeKeyLocation): Promise<void>;
  /** Whether something else put it there for a while and will take it away again. */
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
