/**
 * The part of the native add-on for signing in by Negotiate and NTLM. The same rules apply as in binding.ts: numbers as
 * in Windows, and no policy.
 */
import type { Callback } from './binding.js';

export interface NativeSignInRequest {
  /** Of SSPI: 'Negotiate', 'NTLM', 'Kerberos'. */
  readonly package: string;
  /** The service principal name: 'HTTP/proxy.example'. */
  readonly targetName: string;
  /** ISC_REQ_* bits. */
  readonly requestFlags: number;
  /** The data of RFC 5929 with their prefix, 'tls-server-end-point:…'; null: none. */
  readonly channelBinding: Uint8Array | null;
  /** Null: the user of this process. */
  readonly account: {
    readonly user: string;
    readonly domain: string;
    /** UTF-16. It is copied before createSignIn() returns, and the copy is overwritten when Windows has it. */
    readonly password: Uint8Array;
  } | null;
}

export interface NativeSignInStep {
  /** Of the last call. SEC_E_OK, or SEC_I_CONTINUE_NEEDED (0x00090312) if a token of the peer is needed. */
  readonly status: number;
  readonly syscall: string;
  /** For the peer; null if there is none. */
  readonly token: Uint8Array | null;
  /** ISC_RET_* bits. */
  readonly attributes: number;
  /** With SEC_E_OK: SECPKG_ATTR_NEGOTIATION_INFO, 'Kerberos' or 'NTLM'; null if this Windows does not say it. */
  readonly mechanism: string | null;
}

/** A sign-in on one connection, with at most one step at a time. */
export interface NativeSignIn {
  /**
   * AcquireCredentialsHandleW before the first step, then InitializeSecurityContextW, on a worker.
   * @param token of the peer; null for the first step
   * @throws NativeFailure if a step is running or it is closed
   */
  next(token: Uint8Array | null, callback: Callback<NativeSignInStep>): void;
  /** Idempotent. DeleteSecurityContext and FreeCredentialsHandle run on a worker. */
  close(): void;
}

export interface NativeSignIns {
  createSignIn(request: NativeSignInRequest): NativeSignIn;
}
