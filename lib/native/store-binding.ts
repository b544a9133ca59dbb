/**
 * The part of the native add-on for certificate stores, certificates and private keys; the rest is in binding.ts. The
 * same rules apply: numbers and bytes as in Windows, no policy, and an exception ({@link NativeFailure}) only for
 * misuse, such as a closed object.
 *
 * Calls that may wait (registry, network, smart card, PIN dialog) run on a worker and end with their callback, which
 * is called on the event loop and never before the call has returned.
 */
import type { Callback } from './binding.js';

/** Why a call failed. */
export interface NativeRefusal {
  /** HRESULT, SECURITY_STATUS or Win32 error as an unsigned number. */
  readonly status: number;
  /** The Windows function that failed: 'CertOpenStore'. */
  readonly syscall: string;
}

/** How a call without a value ended; status 0 is success. */
export type NativeEnd = NativeRefusal;

/** The value of a call, or why there is none. */
export type NativeOutcome<Value> = { readonly value: Value } | ({ readonly value: null } & NativeRefusal);

export interface NativeStoreRequest {
  /** CERT_STORE_PROV_* ordinal: 2 memory, 10 system (the merged view), 13 system registry, 14 physical. */
  readonly provider: number;
  /** Location (CERT_SYSTEM_STORE_* in bits 16 to 23) and CERT_STORE_*_FLAG bits. */
  readonly flags: number;
  /** pvPara: 'MY', 'Root\\.Default', '\\\\host\\CA'; not used by a memory store. */
  readonly name: string;
}

/** An open store (HCERTSTORE). Its certificates stay readable after close(), but changes to them are lost then. */
export interface NativeStore {
  /**
   * All certificates (CertEnumCertificatesInStore) in the order of the store, which has no meaning. Close each of
   * them.
   */
  certificates(callback: Callback<NativeOutcome<readonly NativeCertificate[]>>): void;
  /**
   * Adds a copy with its properties, except key handles (CertAddCertificateContextToStore), and returns the
   * certificate in the store. Wine only keeps properties that were set before.
   * @param disposition CERT_STORE_ADD_*: 1 new, 2 use existing, 3 replace, 4 always, 5 replace and inherit properties
   */
  add(
    certificate: NativeCertificate,
    disposition: number,
    callback: Callback<NativeOutcome<NativeCertificate>>,
  ): void;
  /**
   * Deletes this entry, which add() or certificates() of this store returned. Its key stays. The object must still be
   * closed.
   */
  remove(certificate: NativeCertificate, callback: Callback<NativeEnd>): void;
  /** All revocation lists (CertEnumCRLsInStore), DER. */
  revocationLists(callback: Callback<NativeOutcome<readonly Uint8Array[]>>): void;
  /**
   * Adds a revocation list (CertAddEncodedCRLToStore).
   * @param encoded DER
   * @param disposition CERT_STORE_ADD_*: 6 only over an older one of its issuer, else CRYPT_E_EXISTS (0x80092005)
   */
  addRevocationList(encoded: Uint8Array, disposition: number, callback: Callback<NativeEnd>): void;
  /**
   * Deletes a revocation list. CRYPT_E_NOT_FOUND (0x80092004) if the store does not have it. Wine 10 ends the process
   * for a list of a system store, which it releases twice.
   */
  removeRevocationList(encoded: Uint8Array, callback: Callback<NativeEnd>): void;
  /**
   * CERT_STORE_CTRL_COMMIT. Windows writes each change immediately. Wine writes at this call, and writes deletions
   * only here.
   * @param flags CERT_STORE_CTRL_COMMIT_FORCE_FLAG 1, _CLEAR_FLAG 2
   */
  commit(flags: number, callback: Callback<NativeEnd>): void;
  /** CERT_STORE_CTRL_NOTIFY_CHANGE. Under Wine it succeeds, but never reports a change. */
  watch(callback: Callback<NativeOutcome<NativeWatch>>): void;
  /**
   * Closes the store, after the operations that run on it; idempotent.
   * @param callback called when Windows has closed the store, unless a watch keeps it open or, under Wine, one of its
   *   certificates. Wine writes a changed store again then, over changes that others have made since.
   */
  close(callback?: Callback<NativeEnd>): void;
}

/** Waits for changes of a store, and keeps it open. */
export interface NativeWatch {
  /**
   * Calls back once, at the first change since watch() or the last next(). The store is synchronised by then, and later
   * changes count for the following next(). Ends with ERROR_CANCELLED (1223) if the watch is closed. Keeps the process
   * alive.
   * @throws NativeFailure if a next() is running
   */
  next(callback: Callback<NativeEnd>): void;
  /** Stops watching; idempotent. */
  close(): void;
}

/** Where a private key is: CRYPT_KEY_PROV_INFO without its parameters. */
export interface NativeKeyLocation {
  /** Name of the key (CNG) or of its container (CSP). */
  readonly container: string;
  /** Key storage provider or CSP: 'Microsoft Software Key Storage Provider'; '' is the default one. */
  readonly provider: string;
  /** 0 means CNG; else PROV_*: 24 PROV_RSA_AES. */
  readonly providerType: number;
  /** CRYPT_MACHINE_KEYSET 0x20, CRYPT_SILENT 0x40. */
  readonly flags: number;
  /** AT_KEYEXCHANGE 1, AT_SIGNATURE 2, or 0 with CNG. */
  readonly keySpec: number;
}

/** A certificate context; in a store, or by itself. */
export interface NativeCertificate {
  /** DER. */
  readonly encoded: Uint8Array;
  /**
   * CertGetCertificateContextProperty; null if there is none. Not for properties that hold handles or pointers
   * (1, 2, 5, 78, 79, 99, 100): E_INVALIDARG.
   * @throws NativeFailure
   */
  property(id: number): Uint8Array | null;
  /**
   * CertSetCertificateContextProperty with a CRYPT_DATA_BLOB; an empty one sets ARCHIVED. Null removes the property.
   * If the certificate's store is still open, the change is kept there.
   */
  setProperty(id: number, value: Uint8Array | null, callback: Callback<NativeEnd>): void;
  /** CERT_KEY_PROV_INFO_PROP_ID: where the key should be; null if it is not set. @throws NativeFailure */
  keyLocation(): NativeKeyLocation | null;
  /** Sets CERT_KEY_PROV_INFO_PROP_ID; null removes it. Call it before add(): Wine does not keep it otherwise. */
  setKeyLocation(location: NativeKeyLocation | null, callback: Callback<NativeEnd>): void;
  /** Closes the certificate; idempotent. */
  close(): void;
}

/** Properties of a key that can be read without using it; null if the provider does not report them. */
export interface NativeKeyFacts {
  /** NCRYPT_KEY_HANDLE, or a container of a CSP. */
  readonly api: 'cng' | 'capi';
  readonly provider: string | null;
  /** Key or container name. */
  readonly name: string | null;
  /** The file, for providers that have one: "Unique Name", PP_UNIQUE_CONTAINER. */
  readonly uniqueName: string | null;
  /** PROV_* of a CSP, 0 for CNG. */
  readonly providerType: number;
  readonly keySpec: number;
  /** CNG algorithm group: 'RSA', 'ECDSA', 'ECDH'; a CSP's RSA is 'RSA' too. */
  readonly algorithm: string | null;
  readonly bits: number | null;
  /** NCRYPT_ALLOW_* bits: 1 export, 2 plaintext export; for a CSP both or neither. */
  readonly exportPolicy: number | null;
  /** NCRYPT_IMPL_* bits: 1 hardware, 2 software, 8 removable; a CSP's CRYPT_IMPL_* in the same bits. */
  readonly implementation: number | null;
  /** It belongs to the machine, not to the user. */
  readonly machine: boolean;
}

/** How a digest is padded. */
export interface NativeSignScheme {
  /** 'none' is for elliptic curves. */
  readonly padding: 'none' | 'pkcs1' | 'pss';
  /** CNG name of the digest: 'SHA256'. '' with 'pkcs1': the input is padded as it is. */
  readonly hash: string;
  /** Bytes of salt, for 'pss'. */
  readonly saltLength: number;
}

export interface NativeDecryptScheme {
  readonly padding: 'none' | 'pkcs1' | 'oaep';
  /** CNG name of OAEP's digest. */
  readonly hash: string;
  /** OAEP's label. */
  readonly label: Uint8Array;
}

export interface NativeExportRequest {
  /** CNG: 'RSAFULLPRIVATEBLOB', 'ECCPRIVATEBLOB', 'PKCS8_PRIVATEKEY'. CSP: 'PRIVATEKEYBLOB'. */
  readonly type: string;
  /**
   * Encrypts a 'PKCS8_PRIVATEKEY' (PBES1, SHA-1 and 3DES), all that the policy "export, but not in plaintext" allows:
   * UTF-16LE without a terminator. Null: in plaintext.
   */
  readonly password: Uint8Array | null;
  /** Rounds of the key derivation; used with a password. */
  readonly iterations: number;
}

/** An open private key. Operations run one after another. */
export interface NativeKey {
  readonly facts: NativeKeyFacts;
  /** SubjectPublicKeyInfo as DER; null if Windows can't encode it. */
  readonly publicKey: Uint8Array | null;
  /**
   * Signs a digest. RSA: a big-endian number, also with a CSP. Elliptic curves: r‖s, each half of the length. A CSP
   * only has PKCS#1 v1.5; any other padding is NTE_NOT_SUPPORTED.
   */
  sign(digest: Uint8Array, scheme: NativeSignScheme, callback: Callback<NativeOutcome<Uint8Array>>): void;
  /**
   * Decrypts with RSA. The input is big-endian, also with a CSP, which has 'pkcs1' and 'oaep' with SHA-1 and no label.
   */
  decrypt(data: Uint8Array, scheme: NativeDecryptScheme, callback: Callback<NativeOutcome<Uint8Array>>): void;
  /** The private key, in a Buffer that the caller must zero. */
  exportPrivate(request: NativeExportRequest, callback: Callback<NativeOutcome<Uint8Array>>): void;
  /**
   * Who may use the stored key: a self-relative security descriptor ("Security Descr", PP_KEYSET_SEC_DESCR).
   * @param parts SECURITY_INFORMATION: 4 is DACL_SECURITY_INFORMATION
   */
  security(parts: number, callback: Callback<NativeOutcome<Uint8Array>>): void;
  /**
   * Replaces these parts of it, for everyone at once. A malformed descriptor is ERROR_INVALID_SECURITY_DESCR (1338).
   */
  setSecurity(parts: number, descriptor: Uint8Array, callback: Callback<NativeEnd>): void;
  /**
   * Closes the handle; the key stays. Idempotent.
   * @param callback called when running operations have ended and Windows has closed the handle. Wait for it before
   *   {@link NativeStores.deleteKey}: Wine's CSP writes a container when it is closed, even if it was deleted.
   */
  close(callback?: Callback<NativeEnd>): void;
}

/** Whether the provider may show a dialog, for example for a PIN, and in front of which window. */
export interface NativeKeyDialog {
  /** Never ask: NTE_SILENT_CONTEXT instead. */
  readonly silent: boolean;
  /** HWND of the dialog's owner window; 0 = none. */
  readonly window: number;
}

export interface NativeImportKeyRequest extends NativeKeyDialog {
  readonly location: NativeKeyLocation;
  /** CNG algorithm that the key is made for: 'RSA', 'ECDSA_P256'. Not used by a CSP nor with 'PKCS8_PRIVATEKEY'. */
  readonly algorithm: string;
  /** As in {@link NativeExportRequest}. */
  readonly type: string;
  /** Copied before the call returns; the copy is zeroed. */
  readonly blob: Uint8Array;
  /** NCRYPT_ALLOW_* bits; for a CSP, other than 0 means CRYPT_EXPORTABLE. */
  readonly exportPolicy: number;
}

export interface NativeGenerateKeyRequest extends NativeKeyDialog {
  readonly location: NativeKeyLocation;
  /** CNG algorithm: 'RSA', 'ECDSA_P256'; a CSP has 'RSA'. */
  readonly algorithm: string;
  /** Length of an RSA key; 0 if the algorithm determines it. */
  readonly bits: number;
  readonly exportPolicy: number;
}

export interface NativeContainersRequest {
  readonly provider: string;
  /** 0 means CNG. */
  readonly providerType: number;
  /** CRYPT_MACHINE_KEYSET 0x20, CRYPT_SILENT 0x40. */
  readonly flags: number;
}

/** The functions for stores and keys; part of {@link Native}. */
export interface NativeStores {
  openStore(request: NativeStoreRequest, callback: Callback<NativeOutcome<NativeStore>>): void;
  /** A certificate in no store, from DER. @throws NativeFailure for bytes that Windows can't decode */
  createCertificate(encoded: Uint8Array): NativeCertificate;
  /**
   * CryptAcquireCertificatePrivateKey.
   * @param flags CRYPT_ACQUIRE_*: 1 the certificate keeps the handle, and closing the key does not free it; 4 compare
   *   the keys; 0x10000 allow, 0x20000 prefer, 0x40000 only CNG
   */
  acquireKey(
    certificate: NativeCertificate,
    flags: number,
    dialog: NativeKeyDialog,
    callback: Callback<NativeOutcome<NativeKey>>,
  ): void;
  openKey(
    location: NativeKeyLocation,
    dialog: NativeKeyDialog,
    callback: Callback<NativeOutcome<NativeKey>>,
  ): void;
  /** Imports a persisted key; NTE_EXISTS if the name is taken. A failure leaves nothing behind. */
  importKey(request: NativeImportKeyRequest, callback: Callback<NativeOutcome<NativeKey>>): void;
  /** Creates a persisted key; NTE_EXISTS if the name is taken. A failure leaves nothing behind. */
  generateKey(request: NativeGenerateKeyRequest, callback: Callback<NativeOutcome<NativeKey>>): void;
  /** Destroys the key, or the whole container of a CSP. NTE_BAD_KEYSET if there is none. */
  deleteKey(location: NativeKeyLocation, callback: Callback<NativeEnd>): void;
  /** Names of a provider's keys or containers, of the user or the machine. */
  listContainers(
    request: NativeContainersRequest,
    callback: Callback<NativeOutcome<readonly string[]>>,
  ): void;
  /** Whether the window station of this process can be seen (WSF_VISIBLE). If not, no one can answer a dialog. */
  hasDesktop(): boolean;
}
