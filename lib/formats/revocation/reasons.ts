/** Why a certificate was revoked (RFC 5280 §5.3.1), with its number. 7 is not used, and 8 is only for delta lists. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  /** The only one that can be taken back. */
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

export type RevocationReason = keyof typeof REVOCATION_REASONS;

/** @param text ignores case: OpenSSL writes 'CACompromise' */
export const findReason = (text: string): RevocationReason | null =>
  REASON_NAMES.find((name) => name.toLowerCase() === text.toLowerCase()) ?? null;

/** The reason with this number; null for one that is not in use. */
export const reasonOfNumber = (number: number): RevocationReason | null =>
  REASON_NAMES.find((name) => REVOCATION_REASONS[name] === number) ?? null;

export const REASON_NAMES = Object.keys(REVOCATION_REASONS) as readonly RevocationReason[];
