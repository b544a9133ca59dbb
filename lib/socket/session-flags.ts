/** ISC_REQ_* bits (sspi.h) for every InitializeSecurityContextW of a client. */
const REPLAY_DETECT = 0x4;
const SEQUENCE_DETECT = 0x8;
const CONFIDENTIALITY = 0x10;
/**
 * No credentials but those given: a server that asks for a certificate gets an empty list, where Windows would
 * otherwise stop the handshake with SEC_I_INCOMPLETE_CREDENTIALS.
 */
const USE_SUPPLIED_CREDS = 0x80;
const ALLOCATE_MEMORY = 0x100;
/** A failing call hands out the alert to send. */
const EXTENDED_ERROR = 0x4000;
const STREAM = 0x8000;
/** The twin of SCH_CRED_MANUAL_CRED_VALIDATION; .NET sets both. */
const MANUAL_CRED_VALIDATION = 0x80000;

export const CLIENT_REQUEST_FLAGS =
  REPLAY_DETECT |
  SEQUENCE_DETECT |
  CONFIDENTIALITY |
  USE_SUPPLIED_CREDS |
  ALLOCATE_MEMORY |
  EXTENDED_ERROR |
  STREAM |
  MANUAL_CRED_VALIDATION;
