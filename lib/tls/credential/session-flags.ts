/** Bits of sspi.h that ISC_REQ_* and ASC_REQ_* have in common. */
const REPLAY_DETECT = 0x4;
const SEQUENCE_DETECT = 0x8;
const CONFIDENTIALITY = 0x10;
const ALLOCATE_MEMORY = 0x100;
const COMMON = REPLAY_DETECT | SEQUENCE_DETECT | CONFIDENTIALITY | ALLOCATE_MEMORY;

/**
 * Use only the given credentials: if a server asks for a certificate and there is none, it gets an empty list. Without
 * this flag Windows stops the handshake with SEC_I_INCOMPLETE_CREDENTIALS, so that a certificate can be chosen.
 */
const ISC_REQ_USE_SUPPLIED_CREDS = 0x80;
/** A call that fails returns the alert to send. */
const ISC_REQ_EXTENDED_ERROR = 0x4000;
const ISC_REQ_STREAM = 0x8000;
/** The counterpart of SCH_CRED_MANUAL_CRED_VALIDATION; .NET sets both. */
const ISC_REQ_MANUAL_CRED_VALIDATION = 0x80000;

/** For every InitializeSecurityContextW of a client. @param chooses a certificate is chosen when the server asks */
export const clientRequestFlags = (chooses: boolean): number =>
  COMMON |
  (chooses ? 0 : ISC_REQ_USE_SUPPLIED_CREDS) |
  ISC_REQ_EXTENDED_ERROR |
  ISC_REQ_STREAM |
  ISC_REQ_MANUAL_CRED_VALIDATION;

/** These values differ from those of a client: ASC_REQ_EXTENDED_ERROR has the value of ISC_REQ_STREAM. */
const ASC_REQ_EXTENDED_ERROR = 0x8000;
const ASC_REQ_STREAM = 0x10000;

/** Asks the client for a certificate. The handshake also succeeds without one, so we check whether one is required. */
const ASC_REQ_MUTUAL_AUTH = 0x2;

/** For every AcceptSecurityContext of a server. */
export const serverRequestFlags = (requestCert: boolean): number =>
  COMMON | ASC_REQ_EXTENDED_ERROR | ASC_REQ_STREAM | (requestCert ? ASC_REQ_MUTUAL_AUTH : 0);
