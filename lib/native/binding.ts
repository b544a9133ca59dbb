/**
 * Everything that crosses between TypeScript and the native add-on, typed.
 *
 * The add-on is free of policy: it receives numbers and bytes that were checked here, calls Windows, and reports
 * exactly what Windows said. Statuses are unsigned 32-bit numbers (`0x80090318`), never thrown when a caller can
 * act on them. A misuse (a closed session, a second step while one runs) throws a {@link NativeFailure}.
 */
import type { NativeFiles } from './file-binding.js';
import type { NativeProcesses } from './process-binding.js';
import type { NativeCertificate, NativeEnd, NativeStores } from './store-binding.js';

/** What a native function throws: the Windows status of the call that failed. */
export interface NativeFailure extends Error {
  /** SECURITY_STATUS, HRESULT or Win32 error as an unsigned number. */
  readonly status: number;
  /** The Windows function, or the misuse: 'AcquireCredentialsHandleW', 'session is busy'. */
  readonly syscall: string;
}

/** The Windows that runs this process. */
export interface NativePlatform {
  /** Build number by RtlGetVersion (GetVersionEx lies without a manifest), e.g. 20348. */
  readonly build: number;
  /** Wine's version ("10.0") when ntdll exports wine_get_version, else null. */
  readonly wine: string | null;
}

/** A credential handle (AcquireCredentialsHandleW, package UNISP_NAME), good for one side of connections. Sessions keep it alive. */
export interface NativeCredential {
  /** SP_PROT_* bits that Schannel reports as enabled for this credential (SECPKG_ATTR_SUPPORTED_PROTOCOLS), 0 if it will not tell. */
  readonly supportedProtocols: number;
  /**
   * Drops this reference; idempotent. FreeCredentialsHandle runs on a worker once the last session is gone.
   * @param callback when Windows has the handle back: the keys of its certificates may be deleted then
   */
  close(callback?: Callback<NativeEnd>): void;
}

/** The side of a connection that this process is. */
export type Role = 'client' | 'server';

export interface NativeCredentialRequest {
  /** SECPKG_CRED_OUTBOUND for a client, the default, or SECPKG_CRED_INBOUND for a server; sessions are of the same role. */
  readonly role?: Role;
  /** dwVersion of the structure handed over: 5 SCH_CREDENTIALS (Windows 10 1809), 4 SCHANNEL_CRED. */
  readonly structure: 4 | 5;
  /** SCH_CRED_* and SCH_USE_* bits (dwFlags). */
  readonly flags: number;
  /** SP_PROT_* bits: for 5 those denied (grbitDisabledProtocols), for 4 those enabled (grbitEnabledProtocols). 0 = system default. */
  readonly protocols: number;
  /** dwSessionLifespan in milliseconds; 0 = Windows' default of ten hours, 0xffffffff = none is kept. */
  readonly sessionLifespan: number;
  /** paCred: with persisted keys, at most one for each type of key. Absent or empty: none. */
  readonly certificates?: readonly NativeCertificate[];
  /**
   * Of a server: DER of the authorities that it names to clients when it asks for a certificate (hRootStore, a memory
   * store of them). Absent or empty: what the machine's policy says, which by default is none.
   */
  readonly issuers?: readonly Uint8Array[];
}

export type Callback<T> = (outcome: T) => void;

/** Either a credential, or why there is none. */
export type NativeCredentialOutcome =
  | { readonly credential: NativeCredential }
  | { readonly credential: null; readonly status: number; readonly syscall: string };

export interface NativeSessionRequest {
  /**
   * Of a client: SNI, session-cache key and target of InitializeSecurityContextW at once. An address is that key alone;
   * neither it nor '' sends SNI. A server has none: ''.
   */
  readonly targetName: string;
  /** ISC_REQ_* bits of a client, ASC_REQ_* bits of a server (ASC_REQ_MUTUAL_AUTH asks for a certificate), for every call. */
  readonly requestFlags: number;
  /** ALPN protocol names as bytes, in order of preference; empty = none. The add-on lays out SECBUFFER_APPLICATION_PROTOCOLS. */
  readonly alpnProtocols: readonly Uint8Array[];
  /**
   * Default true. False, of a client: no session is resumed, nor left to be resumed (SCHANNEL_SESSION_TOKEN); the first
   * step fails where Windows will not promise that.
   */
  readonly resumes?: boolean;
}

/** How one trip to a worker (one or more calls of InitializeSecurityContextW or AcceptSecurityContext) ended. */
export interface NativeHandshakeResult {
  /** Status of the last call. */
  readonly status: number;
  /** The Windows function behind {@link status}. */
  readonly syscall: string;
  /** Bytes to send to the peer, all calls' tokens (or, on failure, the alert) in order; null when there are none. */
  readonly token: Uint8Array | null;
  /** How many bytes of the portions, counted from the start of the first, Schannel took. */
  readonly consumed: number;
  /**
   * The connection's facts; present when {@link status} is SEC_E_OK after a handshake or a renegotiation. Null behind a
   * message of TLS 1.3 that changes none of them (a ticket, a key update): those of the handshake hold.
   */
  readonly info: NativeSessionInfo | null;
  /**
   * Present when {@link status} is SEC_I_INCOMPLETE_CREDENTIALS and this Windows tells: DER of the names of the
   * authorities whose certificates the server accepts (SECPKG_ATTR_ISSUER_LIST_EX); empty means any.
   */
  readonly issuers: readonly Uint8Array[] | null;
}

/** One snapshot of the connection, numbers as Windows gives them; null where this Windows (or Wine) does not offer the attribute. */
export interface NativeSessionInfo {
  /** SECPKG_ATTR_STREAM_SIZES, bytes. */
  readonly sizes: NativeStreamSizes;
  /** SECPKG_ATTR_CONNECTION_INFO: ALG_IDs and strengths in bits; protocol is one SP_PROT_* bit. */
  readonly info: {
    readonly protocol: number;
    readonly cipher: number;
    readonly cipherStrength: number;
    readonly hash: number;
    readonly hashStrength: number;
    readonly exchange: number;
    readonly exchangeStrength: number;
  } | null;
  /** SECPKG_ATTR_CIPHER_INFO. */
  readonly cipher: {
    /** Wire version, 0x0303 or 0x0304. */
    readonly protocol: number;
    /** IANA number of the suite. */
    readonly suite: number;
    /** IANA name of the suite. */
    readonly name: string;
    /** CNG names: 'AES', 'SHA384', 'ECDHE'. */
    readonly cipher: string;
    readonly cipherStrength: number;
    readonly hash: string;
    readonly exchange: string;
    readonly exchangeStrength: number;
    /** Named group (RFC 8446 §4.2.7: 0x17 secp256r1, 0x1d x25519). */
    readonly keyType: number;
  } | null;
  /** The ALPN protocol agreed on, as bytes; null when none was. */
  readonly alpnProtocol: Uint8Array | null;
  /** SSL_SESSION_RECONNECT of SECPKG_ATTR_SESSION_INFO. */
  readonly resumed: boolean | null;
  /** RFC 5929 'tls-unique' data, without the SEC_CHANNEL_BINDINGS header and the prefix; TLS 1.2 only. */
  readonly tlsUnique: Uint8Array | null;
  /** RFC 5929 'tls-server-end-point' data: the hash alone. */
  readonly tlsServerEndPoint: Uint8Array | null;
  /** DER of the peer's certificates, its own first, the others in the store's order; empty when it sent none. */
  readonly peerCertificates: readonly Uint8Array[];
  /** DER of the OCSP response that the server stapled (CERT_OCSP_RESPONSE_PROP_ID of its certificate); null when it did not. */
  readonly stapledResponse: Uint8Array | null;
}

export interface NativeStreamSizes {
  readonly header: number;
  readonly trailer: number;
  /** Largest plaintext of one record. */
  readonly maximumMessage: number;
}

/** A security context and the one operation that may be under way on it. */
export interface NativeSession {
  /**
   * Runs InitializeSecurityContextW, or AcceptSecurityContext on a server, on a worker. Portions are given to it one
   * after the other, each with what it left over (SECBUFFER_EXTRA) again, while the answer is SEC_I_CONTINUE_NEEDED;
   * one that is SEC_E_INCOMPLETE_MESSAGE by itself is tried again with the next one behind it. The trip ends with any
   * other status or with the last portion. No portion at all means a call without input: a client's first call, the
   * answer to a SEC_I_RENEGOTIATE that came without a token, or our own wish to renegotiate: Windows has made the
   * request when it answers a server's with SEC_E_OK and a token, and the peer's answer goes to handshake(). A server begins
   * with its peer's hello; there is no context, and no alert can be made, until a step has got beyond
   * SEC_E_INCOMPLETE_MESSAGE. The bytes are copied before this returns.
   * @throws NativeFailure when an operation is under way, the session is closed, or its first step is of the other role.
   */
  handshake(portions: readonly Uint8Array[], callback: Callback<NativeHandshakeResult>): void;
  /**
   * For a step that ended with SEC_I_INCOMPLETE_CREDENTIALS, which a client asks for by leaving ISC_REQ_USE_SUPPLIED_CREDS
   * out: what is shown to the server from the next handshake() on, which is given again what that step did not take.
   * Null shows it none. ISC_REQ_USE_SUPPLIED_CREDS counts as set from then on.
   * @throws NativeFailure when an operation is under way, the session is closed or a server's
   */
  setCredential(credential: NativeCredential | null): void;
  /**
   * ISC_REQ_* or ASC_REQ_* bits for every call from here on: a server that asks for a certificate after its first
   * handshake adds ASC_REQ_MUTUAL_AUTH before the handshake() without portions that begins another.
   * @throws NativeFailure when an operation is under way or the session is closed
   */
  setRequestFlags(flags: number): void;
  /**
   * Produces close_notify (ApplyControlToken SCHANNEL_SHUTDOWN, then the handshake's function without input) on a
   * worker. Nothing can be encrypted afterwards.
   */
  shutdown(callback: Callback<NativeHandshakeResult>): void;
  /** Produces a fatal alert (RFC 8446 §6 number) on a worker. The session is unusable afterwards. */
  alert(description: number, callback: Callback<NativeHandshakeResult>): void;
  /**
   * Encrypts `input[start, end)` into `output` from `outputStart` on, as records of at most `maximumMessage` bytes, side
   * by side. Result in {@link Native.result}.
   *
   * - Reserved by the caller: (header + plaintext + trailer) bytes for each record. The add-on stops with
   *   SEC_E_BUFFER_TOO_SMALL before a record that may not fit.
   * - Written: within `output`, from `outputStart` on; bytes behind those of the result may be spoilt.
   * - The output must not overlap the input. The input may be shared memory, the output not.
   *
   * The add-on checks all of this before it writes a byte.
   * @throws NativeFailure when an operation is under way or the session is closed or not open; E_INVALIDARG for a range
   *   outside of its array (a detached array has no bytes), an offset that is no whole number below 2^32, a range of 1 GiB
   *   and more, an output that overlaps the input, or that is in shared memory
   */
  encrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, outputStart: number): void;
  /**
   * Decrypts the whole records that lie in `input[start, end)`, one DecryptMessage each, into `output` from
   * `outputStart` on, without gaps. Stops after the first record whose status is not SEC_E_OK. Result in
   * {@link Native.result}.
   *
   * - Reserved by the caller: `end - start` bytes, counted from `before` bytes in front of `outputStart`, where `before`
   *   is `sizes.header`, or `outputStart` if that is less. With less than `sizes.header` there, plaintext is copied twice.
   * - Written: within these bytes. Those in front of `outputStart` are restored, those behind the plaintext spoilt.
   * - In place: the output may be the input's own memory if `outputStart` is exactly `start + sizes.header`. The input that
   *   was not consumed is unharmed then, unless its first record failed. In any other layout the two must not overlap, and
   *   the input is not changed. The input may be shared memory, the output not.
   * - The message of a SEC_I_RENEGOTIATE is returned, in memory of its own: Schannel may hand out the whole record, which
   *   has no room behind the plaintext.
   *
   * The add-on checks all of this before it writes a byte, and what Schannel answers before it uses it: bytes that lie
   * outside of the record, plaintext without room, or unread bytes behind a record are SEC_E_INTERNAL_ERROR.
   * @returns with SEC_I_RENEGOTIATE the input of the next handshake() call (SECBUFFER_EXTRA), if there is any
   * @throws NativeFailure as encrypt() does; E_INVALIDARG also for an output smaller than what has to be reserved
   */
  decrypt(
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    outputStart: number,
  ): Uint8Array | undefined;
  /**
   * RFC 5705 / RFC 8446 §7.5 exporter (SECPKG_ATTR_KEYING_MATERIAL, Windows 10 1607). While an operation is under way it
   * waits until the worker is done, a second at most: a program cannot know when a ticket comes, and whether Windows
   * answers beside InitializeSecurityContextW is not documented.
   * @throws NativeFailure also when the operation takes longer
   */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array | null): Uint8Array<ArrayBuffer>;
  /** Gives the context up; idempotent. DeleteSecurityContext runs on a worker, after the step under way if there is one. */
  close(): void;
}

/** Where encrypt() and decrypt() leave their numbers: words of {@link Native.result}. */
export const enum ResultWord {
  /** Status of the last call, as a signed 32-bit number. */
  Status = 0,
  /** Bytes of the input that were taken. */
  Consumed = 1,
  /** Bytes written to the output (plaintext or records). */
  Written = 2,
}

/** A set of certificates that alone are trusted (hExclusiveRoot), with its chain engine; shared by many verifications. */
export interface NativeTrust {
  /** Drops this reference; idempotent. */
  close(): void;
}

export interface NativeTrustRequest {
  /** DER of each certificate. */
  readonly certificates: readonly Uint8Array[];
  /** Accept an anchor that is not self-signed (CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG, Windows 8). */
  readonly partialChain: boolean;
}

export type NativeTrustOutcome =
  | { readonly trust: NativeTrust }
  | { readonly trust: null; readonly status: number; readonly syscall: string };

export interface NativeVerifyRequest {
  /** The session whose peer is verified (its certificate context carries the sent intermediates and a stapled OCSP answer), or null. */
  readonly session: NativeSession | null;
  /** With no session: DER certificates, the one to verify first, possible issuers behind it. */
  readonly certificates: readonly Uint8Array[];
  /** The only anchors, or null for the system's. */
  readonly trust: NativeTrust | null;
  /** Extended key usage that is required, dotted OID; '' requires none. */
  readonly usage: string;
  /** Which side the SSL policy judges: 'server' AUTHTYPE_SERVER, 'client' AUTHTYPE_CLIENT. */
  readonly role: 'server' | 'client';
  /** CERT_CHAIN_* flags (revocation, cache only, no AIA …). */
  readonly chainFlags: number;
  /** CERT_CHAIN_POLICY_IGNORE_* flags for the SSL policy. */
  readonly policyFlags: number;
  /** dwUrlRetrievalTimeout in milliseconds; 0 = Windows' default of 15 s. */
  readonly urlTimeout: number;
}

/** What CertGetCertificateChain and the SSL policy said; nothing is judged here. */
export interface NativeVerifyOutcome {
  /** 0, or the Win32 error/HRESULT of the call that could not be made. */
  readonly status: number;
  readonly syscall: string;
  /** CERT_TRUST_* bits of the whole context. */
  readonly errorStatus: number;
  readonly infoStatus: number;
  /** Result of CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL), name check left out: dwError and where. */
  readonly policy: { readonly error: number; readonly chainIndex: number; readonly elementIndex: number };
  /** The first simple chain, leaf first. */
  readonly elements: readonly NativeChainElement[];
}

export interface NativeChainElement {
  readonly certificate: Uint8Array;
  readonly errorStatus: number;
  readonly infoStatus: number;
  /** dwRevocationResult (0 good, CRYPT_E_REVOKED, CRYPT_E_REVOCATION_OFFLINE …) or null when revocation was not looked at. */
  readonly revocation: number | null;
}

/** Live native objects of this process: how a test knows that nothing leaks. */
export interface NativeHandleCounts {
  readonly credentials: number;
  readonly contexts: number;
  readonly certificates: number;
  readonly chains: number;
  readonly stores: number;
  readonly engines: number;
  /** Private keys, of CNG and of CSPs. */
  readonly keys: number;
  /** Registrations for changes of a store. */
  readonly watches: number;
  /** Named objects of the kernel that say that this process is there. */
  readonly livenessMarkers: number;
  /** Named locks that this process has, or waits for. */
  readonly locks: number;
  /** Files that are being written. */
  readonly files: number;
}

/** The add-on. */
export interface Native extends NativeStores, NativeProcesses, NativeFiles {
  readonly version: string;
  readonly platform: NativePlatform;
  /** Three words shared with encrypt() and decrypt(); read them before the next call. See {@link ResultWord}. */
  readonly result: Int32Array;
  acquireCredential(request: NativeCredentialRequest, callback: Callback<NativeCredentialOutcome>): void;
  /** Makes a session of the credential's role. */
  createSession(credential: NativeCredential, request: NativeSessionRequest): NativeSession;
  createTrust(request: NativeTrustRequest, callback: Callback<NativeTrustOutcome>): void;
  /**
   * Takes its turn on half of the threads, unless {@link NativeVerifyRequest.chainFlags} keep it off the network. When its
   * turn comes and the session is closed, its status is SEC_E_INVALID_HANDLE (0x80090301).
   */
  verifyChain(request: NativeVerifyRequest, callback: Callback<NativeVerifyOutcome>): void;
  handleCounts(): NativeHandleCounts;
}
