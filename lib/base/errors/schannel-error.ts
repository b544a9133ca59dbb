import { statusName } from './status-table.js';

/**
 * Where something failed: in a connection's life, with certificates and private keys, with a service of Windows, with
 * its TLS settings, or with a binding of http.sys.
 */
export type ErrorPhase =
  | 'credential'
  | 'connect'
  | 'starttls'
  | 'handshake'
  | 'verify'
  | 'data'
  | 'close'
  | 'store'
  | 'key'
  | 'service'
  | 'policy'
  | 'binding';

/** What is known about a failure in addition to its code. Unknown properties are absent, not undefined. */
export interface SchannelErrorDetails {
  /** SECURITY_STATUS, HRESULT or Win32 error, unsigned. */
  readonly status?: number;
  /** The Windows function that returned {@link status}. */
  readonly syscall?: string;
  readonly phase?: ErrorPhase;
  /** The TLS alert behind it (RFC 8446 §6), ours or the peer's. */
  readonly alert?: AlertDetails;
  /** What the server or a proxy said in the clear, printable and shortened, if that is the reason. */
  readonly reply?: string;
  /** What Windows found in the certificate chain (phase 'verify'). */
  readonly trust?: ChainTrust;
  /** Each rule that an authority refuses for, in a sentence. */
  readonly reasons?: readonly string[];
  /** What an ACME server says (RFC 8555 §6.7). */
  readonly problem?: ProblemDocument;
  /** Before this time the same request would be refused again. */
  readonly retryAfter?: Date;
  /** Where in a configuration file it is; lines and columns are counted from 1. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  /** What to do about it. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** Why an ACME server refuses, in its own words: printable and shortened (RFC 9457). */
export interface ProblemDocument {
  /** 'urn:ietf:params:acme:error:rateLimited'; 'about:blank' if the answer was none. */
  readonly type: string;
  readonly detail: string;
  /** HTTP status; 0 if it was part of another answer. */
  readonly status: number;
  /** The same for single names (RFC 8555 §6.7.1). */
  readonly subproblems: readonly { readonly type: string; readonly detail: string; readonly name: string }[];
}

export interface AlertDetails {
  /** Number on the wire, e.g. 48. */
  readonly description: number;
  /** RFC name, e.g. 'unknown_ca'. */
  readonly name: string;
  readonly direction: 'received' | 'sent';
}

/** What CertGetCertificateChain and the SSL policy found in a chain. */
export interface ChainTrust {
  /** CERT_TRUST_* error bits of the whole chain. */
  readonly errorStatus: number;
  /** Their names, most serious first, e.g. 'IS_UNTRUSTED_ROOT'. */
  readonly faults: readonly string[];
  /** What the SSL policy found; 0 for nothing. */
  readonly policyStatus: number;
  /** Index of the certificate at fault, 0 the peer's own; null if it is the whole chain. */
  readonly element: number | null;
  /** Its subject on one line; null without {@link element}. */
  readonly subject: string | null;
}

/**
 * The one error class of the library. `code` is stable and is what programs compare; the message is for people.
 *
 * Families: `ERR_SCHANNEL_PEER_…`: the peer is at fault. `ERR_SCHANNEL_USAGE_…`: the caller is at fault.
 * `ERR_SCHANNEL_SYSTEM_…`: Windows failed. `ERR_SCHANNEL_OPTION_…`: an option cannot be honoured.
 * `ERR_SCHANNEL_STORE_…` and `ERR_SCHANNEL_KEY_…`: a certificate store or a private key is unavailable, or cannot be
 * used that way. Trust failures keep the codes of node:tls (`CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`, …). An
 * error with a code of Node's also has Node's `name`, so its text begins with 'Error: '. All others begin with
 * 'SchannelError: '.
 */
export class SchannelError extends Error {
  readonly code: string;

  // Only declared: defined properties would be printed as undefined with every error.
  /** Windows status, unsigned; absent when no Windows call was involved. */
  declare readonly status?: number;
  /** Its name, e.g. 'SEC_E_UNTRUSTED_ROOT'. */
  declare readonly statusName?: string;
  declare readonly syscall?: string;
  declare readonly phase?: ErrorPhase;
  declare readonly alert?: AlertDetails;
  declare readonly reply?: string;
  declare readonly trust?: ChainTrust;
  /** Each rule that an authority refuses for, in a sentence. */
  declare readonly reasons?: readonly string[];
  declare readonly problem?: ProblemDocument;
  /** Before this time the same request would be refused again. */
  declare readonly retryAfter?: Date;
  /** Where in a configuration file it is; lines and columns are counted from 1. */
  declare readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  declare readonly advice?: string;

  constructor(code: string, message: string, details: SchannelErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    if (code.startsWith('ERR_SCHANNEL_')) this.name = 'SchannelError';
    this.code = code;
    if (details.status !== undefined) {
      this.status = details.status;
      this.statusName = statusName(details.status);
    }
    if (details.syscall !== undefined) this.syscall = details.syscall;
    if (details.phase !== undefined) this.phase = details.phase;
    if (details.alert !== undefined) this.alert = details.alert;
    if (details.reply !== undefined) this.reply = details.reply;
    if (details.trust !== undefined) this.trust = details.trust;
    if (details.reasons !== undefined) this.reasons = details.reasons;
    if (details.problem !== undefined) this.problem = details.problem;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
    if (details.place !== undefined) this.place = details.place;
    if (details.advice !== undefined) this.advice = details.advice;
  }
}
