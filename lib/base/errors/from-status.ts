import { Alert, alertDetails, alertsOfStatus, describeAlert } from './alerts.js';
import type { SchannelErrorCode } from './codes.js';
import { type AlertDetails, type ErrorPhase, SchannelError } from './schannel-error.js';
import { describeStatus, formatStatus, statusName, unsignedStatus } from './status-table.js';

/** A Windows call that failed, and where. */
export interface StatusFailure {
  /** SECURITY_STATUS, HRESULT or Win32 error, signed or unsigned. */
  readonly status: number;
  /** The Windows function, e.g. 'InitializeSecurityContextW'. */
  readonly syscall: string;
  readonly phase: ErrorPhase;
  /** What could not be done: the beginning of the message. The default depends on the phase. */
  readonly operation?: string;
  /** The alert that the peer sent in the clear, if any: it says more than the status. */
  readonly alert?: AlertDetails;
  readonly cause?: unknown;
}

/** Makes the error for a Windows status that ended an operation. Its code depends only on status, phase and alert. */
export function errorFromStatus(failure: StatusFailure): SchannelError {
  const status = unsignedStatus(failure.status);
  const alert = failure.alert ?? alertBehind(status, failure.phase);
  const received = alert?.direction === 'received' ? alert : undefined;
  const code =
    received === undefined ? codeOfStatus(status, failure.phase) : codeOfAlert(received.description);
  const advice =
    (received === undefined ? undefined : describeAlert(received.description)?.advice) ??
    describeStatus(status)?.remedy;
  return new SchannelError(code, messageOf({ ...failure, status }, received), {
    status,
    syscall: failure.syscall,
    phase: failure.phase,
    ...(alert === undefined ? {} : { alert }),
    ...(advice == null ? {} : { advice }),
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
  });
}

/**
 * Turns what a native function threw (a status and a syscall) into an error of the library. Any other value is returned
 * as it is.
 * @param operation what could not be done: the beginning of the message. The default depends on the phase
 */
export function errorFromNative(thrown: unknown, phase: ErrorPhase, operation = OPERATIONS[phase]): unknown {
  // One of ours has a status too, and says more.
  if (thrown instanceof SchannelError) return thrown;
  if (!(thrown instanceof Error) || !('status' in thrown) || !('syscall' in thrown)) return thrown;
  const { status, syscall } = thrown;
  if (typeof status !== 'number' || typeof syscall !== 'string') return thrown;
  return errorFromStatus({ status, syscall, phase, operation, cause: thrown });
}

/** The code for a fatal alert of the peer. */
function codeOfAlert(description: number): SchannelErrorCode {
  switch (description) {
    case Alert.BadCertificate:
    case Alert.UnsupportedCertificate:
    case Alert.CertificateRevoked:
    case Alert.CertificateExpired:
    case Alert.CertificateUnknown:
    case Alert.UnknownCa:
    case Alert.AccessDenied:
      return 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE';
    case Alert.ProtocolVersion:
    case Alert.InsufficientSecurity:
      return 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM';
    case Alert.CertificateRequired:
      return 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED';
    case Alert.NoApplicationProtocol:
      return 'ERR_SCHANNEL_PEER_ALPN';
    default:
      return 'ERR_SCHANNEL_PEER_ALERT';
  }
}

/** Codes that a status has in every phase. */
const CODES: ReadonlyMap<number, SchannelErrorCode> = new Map([
  [0x80090300, 'ERR_SCHANNEL_SYSTEM_MEMORY'], // SEC_E_INSUFFICIENT_MEMORY
  [0x800700aa, 'ERR_SCHANNEL_USAGE_BUSY'], // ERROR_BUSY: the add-on refuses while a worker uses the session
  [0x80090301, 'ERR_SCHANNEL_USAGE_CLOSED'], // SEC_E_INVALID_HANDLE
  [0x80090302, 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED'], // SEC_E_UNSUPPORTED_FUNCTION
  [0x80090308, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE'], // SEC_E_INVALID_TOKEN
  [0x8009030c, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'], // SEC_E_LOGON_DENIED
  [0x8009030d, 'ERR_SCHANNEL_SYSTEM_CREDENTIAL'], // SEC_E_UNKNOWN_CREDENTIALS
  [0x8009030e, 'ERR_SCHANNEL_SYSTEM_CREDENTIAL'], // SEC_E_NO_CREDENTIALS
  [0x8009030f, 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'], // SEC_E_MESSAGE_ALTERED
  [0x80090310, 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'], // SEC_E_OUT_OF_SEQUENCE
  [0x80090317, 'ERR_SCHANNEL_USAGE_CLOSED'], // SEC_E_CONTEXT_EXPIRED
  [0x80090320, 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED'], // SEC_E_INCOMPLETE_CREDENTIALS
  [0x00090320, 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED'], // SEC_I_INCOMPLETE_CREDENTIALS
  [0x80090325, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'], // SEC_E_UNTRUSTED_ROOT
  [0x80090326, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE'], // SEC_E_ILLEGAL_MESSAGE
  [0x80090327, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'], // SEC_E_CERT_UNKNOWN
  [0x80090328, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'], // SEC_E_CERT_EXPIRED
  [0x80090330, 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'], // SEC_E_DECRYPT_FAILURE
  [0x80090331, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM'], // SEC_E_ALGORITHM_MISMATCH
  [0x80090367, 'ERR_SCHANNEL_PEER_ALPN'], // SEC_E_APPLICATION_PROTOCOL_MISMATCH
  [0x80092010, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'], // CRYPT_E_REVOKED
  [0x8007000e, 'ERR_SCHANNEL_SYSTEM_MEMORY'], // E_OUTOFMEMORY
]);

/** What a status means for a certificate store. HRESULTs of Win32 errors are found as those errors. */
const STORE_CODES: ReadonlyMap<number, SchannelErrorCode> = new Map([
  [2, 'ERR_SCHANNEL_STORE_NOT_FOUND'], // ERROR_FILE_NOT_FOUND
  [5, 'ERR_SCHANNEL_STORE_ACCESS_DENIED'], // ERROR_ACCESS_DENIED
  [80, 'ERR_SCHANNEL_STORE_EXISTS'], // ERROR_FILE_EXISTS
  [1223, 'ERR_SCHANNEL_STORE_CANCELLED'], // ERROR_CANCELLED: the dialog of CurrentUser\Root was refused
  [50, 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED'], // ERROR_NOT_SUPPORTED: what Wine lacks
  [0x80092005, 'ERR_SCHANNEL_STORE_EXISTS'], // CRYPT_E_EXISTS
]);

/** What a status means for a private key. */
const KEY_CODES: ReadonlyMap<number, SchannelErrorCode> = new Map([
  [5, 'ERR_SCHANNEL_KEY_ACCESS_DENIED'], // ERROR_ACCESS_DENIED
  [1223, 'ERR_SCHANNEL_KEY_CANCELLED'], // ERROR_CANCELLED
  [0x80090008, 'ERR_SCHANNEL_KEY_UNSUPPORTED'], // NTE_BAD_ALGID
  [0x8009000b, 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE'], // NTE_BAD_KEY_STATE
  [0x8009000d, 'ERR_SCHANNEL_KEY_NOT_FOUND'], // NTE_NO_KEY
  [0x8009000f, 'ERR_SCHANNEL_KEY_EXISTS'], // NTE_EXISTS
  [0x80090010, 'ERR_SCHANNEL_KEY_ACCESS_DENIED'], // NTE_PERM
  [0x80090011, 'ERR_SCHANNEL_KEY_NOT_FOUND'], // NTE_NOT_FOUND
  [0x80090015, 'ERR_SCHANNEL_KEY_MISMATCH'], // NTE_BAD_PUBLIC_KEY
  [0x80090016, 'ERR_SCHANNEL_KEY_NOT_FOUND'], // NTE_BAD_KEYSET
  [0x80090017, 'ERR_SCHANNEL_KEY_UNSUPPORTED'], // NTE_PROV_TYPE_NOT_DEF
  [0x80090019, 'ERR_SCHANNEL_KEY_UNSUPPORTED'], // NTE_KEYSET_NOT_DEF: there is no such CSP
  [0x80090022, 'ERR_SCHANNEL_KEY_DIALOG'], // NTE_SILENT_CONTEXT
  [0x80090029, 'ERR_SCHANNEL_KEY_UNSUPPORTED'], // NTE_NOT_SUPPORTED
  [0x8009002e, 'ERR_SCHANNEL_KEY_DIALOG'], // NTE_UI_REQUIRED
  [0x80090033, 'ERR_SCHANNEL_KEY_ACCESS_DENIED'], // NTE_INCORRECT_PASSWORD
  [0x80090036, 'ERR_SCHANNEL_KEY_CANCELLED'], // NTE_USER_CANCELLED
  [0x8009200b, 'ERR_SCHANNEL_KEY_MISSING'], // CRYPT_E_NO_KEY_PROPERTY
  [0x80100002, 'ERR_SCHANNEL_KEY_CANCELLED'], // SCARD_E_CANCELLED
  [0x8010000c, 'ERR_SCHANNEL_KEY_NOT_FOUND'], // SCARD_E_NO_SMARTCARD
  [0x80100069, 'ERR_SCHANNEL_KEY_NOT_FOUND'], // SCARD_W_REMOVED_CARD
  [0x8010006b, 'ERR_SCHANNEL_KEY_ACCESS_DENIED'], // SCARD_W_WRONG_CHV: the PIN
  [0x8010006c, 'ERR_SCHANNEL_KEY_ACCESS_DENIED'], // SCARD_W_CHV_BLOCKED
  [0x8010006e, 'ERR_SCHANNEL_KEY_CANCELLED'], // SCARD_W_CANCELLED_BY_USER
]);

/** What a status means for a service. */
const SERVICE_CODES: ReadonlyMap<number, SchannelErrorCode> = new Map([
  [5, 'ERR_SCHANNEL_SERVICE_ACCESS_DENIED'], // ERROR_ACCESS_DENIED
  [1053, 'ERR_SCHANNEL_SERVICE_TIMEOUT'], // ERROR_SERVICE_REQUEST_TIMEOUT
  [1060, 'ERR_SCHANNEL_SERVICE_NOT_FOUND'], // ERROR_SERVICE_DOES_NOT_EXIST
  [1063, 'ERR_SCHANNEL_SERVICE_OUTSIDE'], // ERROR_FAILED_SERVICE_CONTROLLER_CONNECT
  [1073, 'ERR_SCHANNEL_SERVICE_EXISTS'], // ERROR_SERVICE_EXISTS
  [1078, 'ERR_SCHANNEL_SERVICE_EXISTS'], // ERROR_DUPLICATE_SERVICE_NAME: of a displayed name
]);

/** What a status means for TLS settings. */
const POLICY_CODES: ReadonlyMap<number, SchannelErrorCode> = new Map([
  [5, 'ERR_SCHANNEL_POLICY_ACCESS_DENIED'], // ERROR_ACCESS_DENIED
  [50, 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED'], // ERROR_NOT_SUPPORTED: what Wine lacks
]);

/** What a status means for a binding of http.sys. */
const BINDING_CODES: ReadonlyMap<number, SchannelErrorCode> = new Map([
  [2, 'ERR_SCHANNEL_BINDING_NOT_FOUND'], // ERROR_FILE_NOT_FOUND
  [5, 'ERR_SCHANNEL_BINDING_ACCESS_DENIED'], // ERROR_ACCESS_DENIED
  [183, 'ERR_SCHANNEL_BINDING_EXISTS'], // ERROR_ALREADY_EXISTS
  [1312, 'ERR_SCHANNEL_BINDING_CERTIFICATE'], // ERROR_NO_SUCH_LOGON_SESSION: http.sys can't use the private key
]);

/** HRESULT_FROM_WIN32 of an error as that error; any other status as it is. */
const withoutFacility = (status: number): number => (status >>> 16 === 0x8007 ? status & 0xffff : status);

/** The phase can change what a status means. */
function codeOfStatus(status: number, phase: ErrorPhase): SchannelErrorCode {
  if (phase === 'service') {
    return SERVICE_CODES.get(withoutFacility(status)) ?? 'ERR_SCHANNEL_SERVICE_FAILURE';
  }
  if (phase === 'policy') return POLICY_CODES.get(withoutFacility(status)) ?? 'ERR_SCHANNEL_SYSTEM_FAILURE';
  if (phase === 'binding') {
    return BINDING_CODES.get(withoutFacility(status)) ?? 'ERR_SCHANNEL_BINDING_FAILURE';
  }
  if (phase === 'store' || phase === 'key') {
    const codes = phase === 'store' ? STORE_CODES : KEY_CODES;
    if (status === 0x8007000e || status === 8 || status === 14) return 'ERR_SCHANNEL_SYSTEM_MEMORY';
    return codes.get(withoutFacility(status)) ?? 'ERR_SCHANNEL_SYSTEM_FAILURE';
  }
  if (phase === 'credential') {
    // No peer is involved yet: what would be the peer's fault is one of this machine's configuration.
    if (status === 0x80090331) return 'ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED';
    // Windows 10 reports a missing key container as a lack of memory (Wine's tests, recorded on Windows).
    if (status === 0x80090300) return 'ERR_SCHANNEL_SYSTEM_CREDENTIAL';
    const code = CODES.get(status);
    return code === undefined || code.startsWith('ERR_SCHANNEL_PEER_') ? 'ERR_SCHANNEL_SYSTEM_FAILURE' : code;
  }
  // The alert protocol_version arrives as SEC_E_UNSUPPORTED_FUNCTION.
  if (phase === 'handshake' && status === 0x80090302) return 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM';
  return CODES.get(status) ?? 'ERR_SCHANNEL_SYSTEM_FAILURE';
}

/**
 * TLS 1.3 encrypts alerts, so only Schannel's status shows them. We validate peers ourselves, so these statuses are not
 * about the peer's certificate. Each stands for exactly one alert.
 */
const STATUSES_OF_ONE_ALERT: ReadonlySet<number> = new Set([
  0x8009030c, // SEC_E_LOGON_DENIED: access_denied
  0x80090325, // SEC_E_UNTRUSTED_ROOT: unknown_ca
  0x80090328, // SEC_E_CERT_EXPIRED: certificate_expired
  0x80092010, // CRYPT_E_REVOKED: certificate_revoked
]);

function alertBehind(status: number, phase: ErrorPhase): AlertDetails | undefined {
  if (phase !== 'handshake' && phase !== 'data') return undefined;
  const alert = STATUSES_OF_ONE_ALERT.has(status) ? alertsOfStatus(status)[0] : undefined;
  return alert === undefined ? undefined : alertDetails(alert.description, 'received');
}

const OPERATIONS: Readonly<Record<ErrorPhase, string>> = {
  credential: 'The credential could not be acquired',
  connect: 'The connection could not be made',
  starttls: 'The upgrade to TLS failed',
  handshake: 'The TLS handshake failed',
  verify: 'The certificate could not be verified',
  data: 'The TLS connection failed',
  close: 'The TLS connection could not be closed in order',
  store: 'The certificate store could not be used',
  key: 'The private key could not be used',
  service: 'The service manager refused',
  policy: 'The TLS settings of Windows could not be used',
  binding: 'http.sys refused',
};

function messageOf(failure: StatusFailure, received: AlertDetails | undefined): string {
  const { status, syscall, phase, operation = OPERATIONS[phase] } = failure;
  const name = statusName(status);
  const number = formatStatus(status);
  const origin = `${syscall}: ${name === number ? number : `${name} ${number}`}`;
  return `${operation}: ${reasonOf(status, received)} [${origin}]`;
}

function reasonOf(status: number, received: AlertDetails | undefined): string {
  if (received !== undefined) {
    const meaning = describeAlert(received.description)?.meaning;
    const label = `${received.name} (${String(received.description)})`;
    return `the peer sent the alert ${label}${meaning === undefined ? '' : `: ${meaning}`}`;
  }
  const meaning =
    describeStatus(status)?.meaning ?? 'Windows returned a status that this library does not know.';
  return meaning.replace(/\.$/, '');
}
