/**
 * The part of the native add-on that is about certificate stores, certificates and private keys; the rest is in
 * binding.ts. The same rules hold: numbers and bytes as Windows has them, no policy, and an exception
 * ({@link NativeFailure}) for a misuse alone, such as a closed object.
 *
 * What may wait (registry, network, smart card, PIN dialog) runs on a worker and ends with its callback, on the event
 * loop and never before the call returned.
 */
import type { Callback } from './binding.js';

/** Why a call failed. */
export interface NativeRefusal {
  /** HRESULT, SECURITY_STATUS or Win32 error as an unsigned number. */
  readonly status: number;
  /** The Windows function that failed: 'CertOpenStore'. */
  readonly syscall: string;
}

/** How a call without a result of its own ended; status 0 is success. */
export type NativeEnd = NativeRefusal;

/** A call's result, or why there is none. */
export type NativeOutcome<Value> = { readonly value: Value } | ({ readonly value: null } & NativeRefusal);

export interface NativeStoreRequest {
  /** CERT_STORE_PROV_* ordinal: 2 memory, 10 system (the merged view), 13 system registry, 14 physical. */
  readonly provider: number;
  /** Location (CERT_SYSTEM_STORE_* in bits 16 to 23) and CERT_STORE_*_FLAG bits. */
  readonly flags: number;
  /** pvPara: 'MY', 'Root\\.Default', '\\\\host\\CA'; not used by a memory store. */
  readonly name: string;
}

/** An open store (HCERTSTORE). Its certificates stay readable after close(), but changes to them are then not kept. */
export interface NativeStore {
  /** All certificates (CertEnumCertificatesInStore) in the store's order, which means nothing. Close each of them. */
  certificates(callback: Callback<NativeOutcome<readonly NativeCertificate[]>>): void;
  /**
   * Adds a copy with its properties, handles of keys excepted (CertAddCertificateContextToStore), and gives what is in
   * the store now. Wine keeps properties that were set before this only.
   * @param disposition CERT_STORE_ADD_*: 1 new, 2 use existing, 3 replace, 4 always, 5 replace and inherit properties
   */
  add(
    certificate: NativeCertificate,
    disposition: number,
    callback: Callback<NativeOutcome<NativeCertificate>>,
  ): void;
  /**
   * Deletes exactly this entry, which add() or certificates() of this store gave; its key stays. The object must be
   * closed all the same.
   */
  remove(certificate: NativeCertificate, callback: Callback<NativeEnd>): void;
  /**
   * CERT_STORE_CTRL_COMMIT: Windows writes through at once; Wine writes now, and deletions only so.
   * @param flags CERT_STORE_CTRL_COMMIT_FORCE_FLAG 1, _CLEAR_FLAG 2
   */
  commit(flags: number, callback: Callback<NativeEnd>): void;
  /** CERT_STORE_CTRL_NOTIFY_CHANGE. Succeeds under Wine, where it never tells of a change. */
  watch(callback: Callback<NativeOutcome<NativeWatch>>): void;
  /**
   * Gives the store up; idempotent. What is under way on it ends first.
   * @param callback when Windows has it back, if nothing else holds it: a watch, or under Wine a certificate of it that
   * is not closed. Wine writes a changed store once more then, over what others may have written since.
   */
  close(callback?: Callback<NativeEnd>): void;
}

/** Waits for changes of one store, which it keeps open. */
export interface NativeWatch {
  /**
   * Calls back once, at the first change since watch() or since the last next(); by then the store is synchronised
   * and later changes count again. Ends with ERROR_CANCELLED (1223) when the watch is closed. Keeps the process alive.
   * @throws NativeFailure when a next() is under way
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
   * CertGetCertificateContextProperty, null when there is none. Not for properties that hold handles or pointers
   * (1, 2, 5, 78, 79, 99, 100): E_INVALIDARG.
   * @throws NativeFailure
   */
  property(id: number): Uint8Array | null;
  /**
   * CertSetCertificateContextProperty with a CRYPT_DATA_BLOB; an empty one is how ARCHIVED is set. Null removes the
   * property. A certificate of a store that is still open keeps it there.
   */
  setProperty(id: number, value: Uint8Array | null, callback: Callback<NativeEnd>): void;
  /** CERT_KEY_PROV_INFO_PROP_ID: where the key is said to be; null when nothing is said. @throws NativeFailure */
  keyLocation(): NativeKeyLocation | null;
  /** Sets CERT_KEY_PROV_INFO_PROP_ID; null removes it. Before add(), since Wine keeps it only then. */
  setKeyLocation(location: NativeKeyLocation | null, callback: Callback<NativeEnd>): void;
  /** Gives the context up; idempotent. */
  close(): void;
}

/** What is known of a key without using it; null where the provider does not tell. */
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
  /** Of the machine rather than the user. */
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

/** An open private key. Operations take turns. */
export interface NativeKey {
  readonly facts: NativeKeyFacts;
  /** SubjectPublicKeyInfo as DER; null when Windows cannot encode it. */
  readonly publicKey: Uint8Array | null;
  /**
   * Signs a digest. RSA: the big-endian number, from a CSP too. Elliptic curves: r‖s, each half of the length.
   * A CSP has PKCS#1 v1.5 alone, for any other padding NTE_NOT_SUPPORTED.
   */
  sign(digest: Uint8Array, scheme: NativeSignScheme, callback: Callback<NativeOutcome<Uint8Array>>): void;
  /** Decrypts with RSA; input big-endian, for a CSP too, which has 'pkcs1' and 'oaep' with SHA-1 and no label. */
  decrypt(data: Uint8Array, scheme: NativeDecryptScheme, callback: Callback<NativeOutcome<Uint8Array>>): void;
  /** The private key itself, in a Buffer that the caller wipes. */
  exportPrivate(request: NativeExportRequest, callback: Callback<NativeOutcome<Uint8Array>>): void;
  /**
   * Gives the handle up, the key stays; idempotent.
   * @param callback after what is under way, when Windows has the handle back. Wait for it before
   * {@link NativeStores.deleteKey}: Wine's CSP writes a container when it is given back, also one that was deleted.
   */
  close(callback?: Callback<NativeEnd>): void;
}

/** Whether and before what the provider may ask its user, for a PIN for instance. */
export interface NativeKeyDialog {
  /** Never ask: NTE_SILENT_CONTEXT instead. */
  readonly silent: boolean;
  /** HWND of the window that a dialog belongs to; 0 = none. */
  readonly window: number;
}

export interface NativeImportKeyRequest extends NativeKeyDialog {
  readonly location: NativeKeyLocation;
  /** CNG algorithm that the key is made for: 'RSA', 'ECDSA_P256'. Not used by a CSP nor with 'PKCS8_PRIVATEKEY'. */
  readonly algorithm: string;
  /** As in {@link NativeExportRequest}. */
  readonly type: string;
  /** Copied before the call returns; the copy is wiped. */
  readonly blob: Uint8Array;
  /** NCRYPT_ALLOW_* bits; for a CSP, other than 0 means CRYPT_EXPORTABLE. */
  readonly exportPolicy: number;
}

export interface NativeGenerateKeyRequest extends NativeKeyDialog {
  readonly location: NativeKeyLocation;
  /** CNG algorithm: 'RSA', 'ECDSA_P256'; a CSP has 'RSA'. */
  readonly algorithm: string;
  /** Length of an RSA key; 0 where the algorithm says it. */
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
  /** A certificate by itself, from DER. @throws NativeFailure for bytes that Windows cannot decode */
  createCertificate(encoded: Uint8Array): NativeCertificate;
  /**
   * CryptAcquireCertificatePrivateKey.
   * @param flags CRYPT_ACQUIRE_*: 4 compare the keys, 0x10000 allow, 0x20000 prefer, 0x40000 only CNG
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
  /** Makes a persisted key of these bytes; NTE_EXISTS when the name is taken. A failure leaves nothing behind. */
  importKey(request: NativeImportKeyRequest, callback: Callback<NativeOutcome<NativeKey>>): void;
  /** Makes a persisted key; NTE_EXISTS when the name is taken. A failure leaves nothing behind. */
  generateKey(request: NativeGenerateKeyRequest, callback: Callback<NativeOutcome<NativeKey>>): void;
  /** Destroys the key, or the whole container of a CSP. NTE_BAD_KEYSET when there is none. */
  deleteKey(location: NativeKeyLocation, callback: Callback<NativeEnd>): void;
  /** Names of a provider's keys or containers, of the user or the machine. */
  listContainers(
    request: NativeContainersRequest,
    callback: Callback<NativeOutcome<readonly string[]>>,
  ): void;
  /** Whether the window station of this process can be seen (WSF_VISIBLE): where not, nobody can answer a dialog. */
  hasDesktop(): boolean;
}
