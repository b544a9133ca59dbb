/**
 * Everything that crosses between TypeScript and the native add-on, typed.
 *
 * The add-on contains no policy: it receives numbers and bytes that were checked here, calls Windows, and reports
 * exactly what Windows answered. Statuses are unsigned 32-bit numbers (`0x80090318`), not thrown if a caller can
 * act on them. A misuse (a closed session, a second step while one runs) throws a {@link NativeFailure}.
 */
import type { NativeFiles } from './file-binding.js';
import type { NativeProcesses } from './process-binding.js';
import type { NativeProtection } from './protection-binding.js';
import type { NativeProxies } from './proxy-binding.js';
import type { NativeRegistry } from './registry-binding.js';
import type { NativeHttp } from './http-binding.js';
import type { NativeServices } from './service-binding.js';
import type { NativeSignIns } from './sign-in-binding.js';
import type { NativeCertificate, NativeEnd, NativeOutcome, NativeStores } from './store-binding.js';

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

/**
 * A credential handle (AcquireCredentialsHandleW, package UNISP_NAME) for one side of connections. Sessions keep it
 * alive.
 */
export interface NativeCredential {
  /**
   * SP_PROT_* bits that Schannel reports as enabled for this credential (SECPKG_ATTR_SUPPORTED_PROTOCOLS), 0 if it
   * does not report them.
   */
  readonly supportedProtocols: number;
  /**
   * Drops this reference; idempotent. FreeCredentialsHandle runs on a worker once the last session is gone.
   * @param callback called when Windows has released the handle: the keys of its certificates may be deleted then
   */
  close(callback?: Callback<NativeEnd>): void;
}

/** The side of a connection that this process is. */
export type Role = 'client' | 'server';

export interface NativeCredentialRequest {
  /** SECPKG_CRED_OUTBOUND for a client (default), SECPKG_CRED_INBOUND for a server. Sessions have the same role. */
  readonly role?: Role;
  /** dwVersion of the structure: 5 SCH_CREDENTIALS (Windows 10 1809), 4 SCHANNEL_CRED. */
  readonly structure: 4 | 5;
  /** SCH_CRED_* and SCH_USE_* bits (dwFlags). */
  readonly flags: number;
  /**
   * SP_PROT_* bits: with 5 the disabled ones (grbitDisabledProtocols), with 4 the enabled ones
   * (grbitEnabledProtocols). 0 = system default.
   */
  readonly protocols: number;
  /** dwSessionLifespan in milliseconds; 0 = Windows' default of ten hours, 0xffffffff = no session is kept. */
  readonly sessionLifespan: number;
  /** paCred: with persisted keys, at most one for each type of key. Absent or empty: none. */
  readonly certificates?: readonly NativeCertificate[];
  /**
   * For a server: DER of the authorities that it names when it asks for a certificate (hRootStore, a memory store).
   * Absent or empty: as the machine's policy says, by default none.
   */
  readonly issuers?: readonly Uint8Array[];
}

export type Callback<T> = (outcome: T) => void;

export interface NativeSessionRequest {
  /**
   * For a client: SNI, key of the session cache, and target of InitializeSecurityContextW. An address is only used as
   * the key. Neither an address nor '' sends SNI. For a server: ''.
   */
  readonly targetName: string;
  /**
   * ISC_REQ_* bits of a client, ASC_REQ_* bits of a server (ASC_REQ_MUTUAL_AUTH asks for a certificate), for every
   * call.
   */
  readonly requestFlags: number;
  /**
   * ALPN protocol names as bytes, in order of preference; empty = none. The add-on lays out
   * SECBUFFER_APPLICATION_PROTOCOLS.
   */
  readonly alpnProtocols: readonly Uint8Array[];
  /**
   * Default true. False, for a client: no session is resumed, and none is kept for resumption (SCHANNEL_SESSION_TOKEN).
   * The first step fails if Windows can't guarantee that.
   */
  readonly resumes?: boolean;
}

/**
 * The result of a handshake step on a worker: one or more calls of InitializeSecurityContextW or
 * AcceptSecurityContext.
 */
export interface NativeHandshakeResult {
  /** Status of the last call. */
  readonly status: number;
  /** The Windows function behind {@link status}. */
  readonly syscall: string;
  /** Bytes to send to the peer: the tokens of all calls in order or, on failure, the alert. Null if there are none. */
  readonly token: Uint8Array | null;
  /** How many bytes Schannel consumed, counted from the start of the first portion. */
  readonly consumed: number;
  /**
   * Present if {@link status} is SEC_E_OK after a handshake or a renegotiation. Null after a message of TLS 1.3 that
   * changes nothing here (a ticket, a key update); the info of the handshake remains valid.
   */
  readonly info: NativeSessionInfo | null;
  /**
   * Present if {@link status} is SEC_I_INCOMPLETE_CREDENTIALS and this Windows reports it: DER of the names of the
   * authorities that the server accepts (SECPKG_ATTR_ISSUER_LIST_EX); empty means any.
   */
  readonly issuers: readonly Uint8Array[] | null;
}

/**
 * A snapshot of the connection, with numbers as Windows reports them. Null if this Windows (or Wine) does not have an
 * attribute.
 */
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
  /** The negotiated ALPN protocol, as bytes; null if there is none. */
  readonly alpnProtocol: Uint8Array | null;
  /** SSL_SESSION_RECONNECT of SECPKG_ATTR_SESSION_INFO. */
  readonly resumed: boolean | null;
  /** RFC 5929 'tls-unique' data, without the SEC_CHANNEL_BINDINGS header and the prefix; TLS 1.2 only. */
  readonly tlsUnique: Uint8Array | null;
  /** RFC 5929 'tls-server-end-point' data: only the hash. */
  readonly tlsServerEndPoint: Uint8Array | null;
  /** DER of the peer's certificates: its own first, the others in the order of the store; empty if it sent none. */
  readonly peerCertificates: readonly Uint8Array[];
  /**
   * DER of the OCSP response that the server stapled (CERT_OCSP_RESPONSE_PROP_ID of its certificate); null if it did
   * not.
   */
  readonly stapledResponse: Uint8Array | null;
}

export interface NativeStreamSizes {
  readonly header: number;
  readonly trailer: number;
  /** Largest plaintext of one record. */
  readonly maximumMessage: number;
}

/** A security context, with at most one operation at a time. */
export interface NativeSession {
  /**
   * Calls InitializeSecurityContextW, or AcceptSecurityContext for a server, on a worker. It passes the portions one
   * after the other while the answer is SEC_I_CONTINUE_NEEDED, and passes again what a call left over
   * (SECBUFFER_EXTRA). If a portion is SEC_E_INCOMPLETE_MESSAGE by itself, the next one is appended and it is tried
   * again. The step ends with any other status, or after the last portion. The bytes are copied before this returns.
   *
   * Without portions, Windows is called without input. That is a client's first call, the answer to a
   * SEC_I_RENEGOTIATE that came without a token, or a renegotiation that we begin. If a server begins one, Windows has
   * made the request when it answers SEC_E_OK and a token; the peer's answer is the input of the next handshake().
   *
   * A server begins with its client's hello. Until a step has got beyond SEC_E_INCOMPLETE_MESSAGE, there is no context
   * and no alert can be made.
   * @throws NativeFailure if an operation is running, the session is closed, or its first step is of the other role
   */
  handshake(portions: readonly Uint8Array[], callback: Callback<NativeHandshakeResult>): void;
  /**
   * Continues a client's handshake that stopped with SEC_I_INCOMPLETE_CREDENTIALS, as it does without
   * ISC_REQ_USE_SUPPLIED_CREDS. The next handshake() shows this credential to the server, or none if it is null. It
   * gets again what the stopped step did not consume. From then on, ISC_REQ_USE_SUPPLIED_CREDS is set.
   * @throws NativeFailure if an operation is running, or the session is closed or a server's
   */
  setCredential(credential: NativeCredential | null): void;
  /**
   * ISC_REQ_* or ASC_REQ_* bits for all following calls. A server that asks for a certificate after its first handshake
   * adds ASC_REQ_MUTUAL_AUTH, and then calls handshake() without portions.
   * @throws NativeFailure if an operation is running or the session is closed
   */
  setRequestFlags(flags: number): void;
  /**
   * Makes close_notify (ApplyControlToken SCHANNEL_SHUTDOWN, then the handshake function without input) on a worker.
   * Nothing can be encrypted afterwards.
   */
  shutdown(callback: Callback<NativeHandshakeResult>): void;
  /** Makes a fatal alert (RFC 8446 §6 number) on a worker. The session can't be used afterwards. */
  alert(description: number, callback: Callback<NativeHandshakeResult>): void;
  /**
   * Encrypts `input[start, end)` into `output` from `outputStart` on, as consecutive records of at most
   * `maximumMessage` bytes. The result is in {@link Native.result}.
   *
   * - Reserved by the caller: (header + plaintext + trailer) bytes for each record. The add-on stops with
   *   SEC_E_BUFFER_TOO_SMALL before a record that may not fit.
   * - Written: in `output`, from `outputStart` on. Bytes after those of the result may be overwritten. No plaintext is
   *   left in them, also if Windows refuses.
   * - In place: the input may be the memory of the output if `start` is `outputStart + sizes.header`. Then a gap
   *   of (trailer + header) bytes, which `end` counts, follows each `maximumMessage` bytes of plaintext. So plaintext
   *   lies where it is encrypted and is not copied, unless records before it came out shorter than reserved. In any
   *   other layout the two must not overlap. The input may be shared memory, the output not.
   *
   * The add-on checks all of this before it writes a byte. The bytes consumed don't include gaps.
   * @throws NativeFailure if an operation is running, or the session is closed or not open; E_INVALIDARG for a range
   *   outside its array (a detached array has no bytes), an offset that is no integer below 2^32, a range of 1 GiB or
   *   more, and an output that overlaps the input or is in shared memory
   */
  encrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, outputStart: number): void;
  /**
   * Decrypts the whole records in `input[start, end)`, with one DecryptMessage for each, into `output` from
   * `outputStart` on, without gaps. It stops after the first record with another status than SEC_E_OK. The result is
   * in {@link Native.result}.
   *
   * - A record in two memories: `beginning` has the bytes that come before `input[start]`, at most one record. It is
   *   joined with its rest where it is decrypted. {@link ResultWord.Consumed} counts these bytes as well.
   * - Reserved by the caller: the length of `beginning` and `end - start` bytes, counted from `before` bytes before
   *   `outputStart`, where `before` is `sizes.header`, or `outputStart` if that is less. With less than `sizes.header`,
   *   plaintext is copied twice.
   * - Written: in these bytes. Those before `outputStart` are restored; those after the plaintext are overwritten.
   * - In place: the output may be the memory of the input if `outputStart` is exactly `start + sizes.header` and
   *   `beginning` is empty. Input that was not consumed is unchanged then, unless its first record failed. In any other
   *   layout neither `beginning` nor the input may overlap what is reserved, and they are not changed. Both may be
   *   shared memory, the output not.
   * - The message of a SEC_I_RENEGOTIATE is returned in separate memory, because Schannel may return the whole record,
   *   and the output has no room for that after the plaintext.
   *
   * The add-on checks all of this before it writes a byte, and checks Schannel's answer before it uses it: bytes
   * outside the record, plaintext without room, or unread bytes after a record are SEC_E_INTERNAL_ERROR.
   * @returns with SEC_I_RENEGOTIATE the input of the next handshake() call (SECBUFFER_EXTRA), if there is any
   * @throws NativeFailure as encrypt(); E_INVALIDARG also for an output that is smaller than what must be reserved, and
   *   for a `beginning` that is longer than its record
   */
  decrypt(
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    outputStart: number,
    beginning?: Uint8Array,
  ): Uint8Array | undefined;
  /**
   * RFC 5705 / RFC 8446 §7.5 exporter (SECPKG_ATTR_KEYING_MATERIAL, Windows 10 1607). While an operation runs, it
   * waits for the worker, at most a second: a program can't know when a ticket arrives, and it is not documented
   * whether Windows answers during InitializeSecurityContextW.
   * @throws NativeFailure also if the operation takes longer
   */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array | null): Uint8Array<ArrayBuffer>;
  /** Closes the session; idempotent. DeleteSecurityContext runs on a worker, after the current step if there is one. */
  close(): void;
}

/** The words of {@link Native.result}, in which encrypt() and decrypt() return numbers. */
export const enum ResultWord {
  /** Status of the last call, as a signed 32-bit number. */
  Status = 0,
  /** Consumed bytes of the input, and of the beginning that comes before it. */
  Consumed = 1,
  /** Bytes written to the output (plaintext or records). */
  Written = 2,
}

/** The only trusted certificates (hExclusiveRoot) and their chain engine. Many verifications share it. */
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

export interface NativeVerifyRequest {
  /**
   * The session with the peer to verify, or null. Its certificate context has the intermediates and the stapled OCSP
   * response.
   */
  readonly session: NativeSession | null;
  /** Without a session: DER of the certificate to verify, then of possible issuers. */
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

/** What CertGetCertificateChain and the SSL policy answered, without a decision. */
export interface NativeVerifyOutcome {
  /** 0, or the Win32 error/HRESULT of the call that could not be made. */
  readonly status: number;
  readonly syscall: string;
  /** CERT_TRUST_* bits of the whole context. */
  readonly errorStatus: number;
  readonly infoStatus: number;
  /**
   * Result of CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL), without the name check: dwError and its place.
   */
  readonly policy: { readonly error: number; readonly chainIndex: number; readonly elementIndex: number };
  /** The first simple chain, leaf first. */
  readonly elements: readonly NativeChainElement[];
}

export interface NativeChainElement {
  readonly certificate: Uint8Array;
  readonly errorStatus: number;
  readonly infoStatus: number;
  /**
   * dwRevocationResult (0 good, CRYPT_E_REVOKED, CRYPT_E_REVOCATION_OFFLINE …) or null if revocation was not checked.
   */
  readonly revocation: number | null;
}

/** Live native objects of this process. Tests use it to find leaks. */
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
  /** Named kernel objects that show that a thread of this process is alive. */
  readonly livenessMarkers: number;
  /** Named locks that this process holds or waits for. */
  readonly locks: number;
  /** Files that are being written. */
  readonly files: number;
  /** Handles of the service manager. */
  readonly services: number;
  /** Sources of events, queries of events, and events. */
  readonly eventLogs: number;
  /** Keys of the registry that are open. */
  readonly registryKeys: number;
  /** Calls that read or change the configuration of http.sys. */
  readonly httpConfigurations: number;
  /** Sessions and resolvers of WinHTTP. */
  readonly proxyLookups: number;
}

/** The add-on. */
export interface Native
  extends
    NativeStores,
    NativeProcesses,
    NativeFiles,
    NativeProtection,
    NativeRegistry,
    NativeServices,
    NativeHttp,
    NativeProxies,
    NativeSignIns {
  readonly version: string;
  readonly platform: NativePlatform;
  /** Three words shared with encrypt() and decrypt(); read them before the next call. See {@link ResultWord}. */
  readonly result: Int32Array;
  acquireCredential(
    request: NativeCredentialRequest,
    callback: Callback<NativeOutcome<NativeCredential>>,
  ): void;
  /** Makes a session of the credential's role. */
  createSession(credential: NativeCredential, request: NativeSessionRequest): NativeSession;
  createTrust(request: NativeTrustRequest, callback: Callback<NativeOutcome<NativeTrust>>): void;
  /**
   * Verifications share half of the threads, unless {@link NativeVerifyRequest.chainFlags} keep them off the network.
   * If the session is closed before a verification begins, its status is SEC_E_INVALID_HANDLE (0x80090301).
   */
  verifyChain(request: NativeVerifyRequest, callback: Callback<NativeVerifyOutcome>): void;
  handleCounts(): NativeHandleCounts;
}
