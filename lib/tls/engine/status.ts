/**
 * The SSPI statuses that steer the engine, as a session reports them from encrypt()/decrypt() (signed) and from steps
 * (unsigned). All are positive either way, except the errors (SEC_E_), which the engine looks for only in steps.
 */
export const Status = {
  Ok: 0,
  /** SEC_I_CONTINUE_NEEDED */
  ContinueNeeded: 0x00090312,
  /** SEC_I_CONTEXT_EXPIRED: close_notify */
  ContextExpired: 0x00090317,
  /** SEC_I_INCOMPLETE_CREDENTIALS */
  IncompleteCredentials: 0x00090320,
  /** SEC_I_RENEGOTIATE */
  Renegotiate: 0x00090321,
  /** SEC_I_NO_RENEGOTIATION */
  NoRenegotiation: 0x00090360,
  /** SEC_E_INCOMPLETE_MESSAGE */
  IncompleteMessage: 0x80090318,
  /** SEC_E_CONTEXT_EXPIRED: the context was shut down */
  ContextExpiredError: 0x80090317,
} as const;
