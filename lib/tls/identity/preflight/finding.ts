/** Reasons why a certificate may not work for TLS. */
export type FindingCode =
  | 'EKU_MISSING'
  | 'KEY_USAGE_MISSING'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'SIGNATURE_MD5'
  | 'SIGNATURE_SHA1'
  | 'RSA_TOO_SHORT'
  | 'RSA_SHORT'
  | 'CURVE_P521'
  | 'KEY_TYPE'
  | 'KEY_MISSING'
  | 'KEY_NOT_FOUND'
  | 'KEY_ACCESS_DENIED'
  | 'KEY_MISMATCH'
  | 'KEY_NEEDS_DIALOG'
  | 'KEY_UNUSABLE'
  | 'KEY_SIGNATURE'
  | 'KEY_NO_PSS'
  | 'KEY_IN_CSP'
  | 'KEY_OF_MACHINE'
  | 'KEY_OF_USER'
  | 'CHAIN_INCOMPLETE';

/** Which side of a connection the certificate is for. */
export type IdentityRole = 'client' | 'server';

export interface Finding {
  readonly code: FindingCode;
  /** 'error': it does not work; 'warning': it does not work with some peers, accounts or versions. */
  readonly severity: 'error' | 'warning';
  /** The problem, in a sentence. */
  readonly meaning: string;
  /** What to do about it, in a sentence. */
  readonly remedy: string;
}

export const error = (code: FindingCode, meaning: string, remedy: string): Finding => ({
  code,
  severity: 'error',
  meaning,
  remedy,
});

export const warning = (code: FindingCode, meaning: string, remedy: string): Finding => ({
  code,
  severity: 'warning',
  meaning,
  remedy,
});
