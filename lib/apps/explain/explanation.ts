/**
 * What a code can be: a Windows status, a TLS alert, a fault of a certificate chain (CERT_TRUST_*), an entry of the
 * event log, a status of IIS, or the `code` of an error of this library or of node:tls.
 */
export type ExplanationKind = 'status' | 'alert' | 'trust' | 'event' | 'http' | 'error';

/** One meaning of a code. */
export interface Explanation {
  readonly kind: ExplanationKind;
  /** The code as it is written for its kind: '0x80090325', '86', '48', '0x00000020', '36887', '403.13', 'ERR_…'. */
  readonly code: string;
  /** Its symbolic name if it has one, otherwise a few words. */
  readonly name: string;
  /** What it means: one or two sentences. */
  readonly meaning: string;
  /** What to do about it; null if there is nothing to do, or if it depends on the case. */
  readonly remedy: string | null;
  /** Equivalent codes of other kinds, for {@link explain}: 'unknown_ca', 'CERT_TRUST_IS_REVOKED'. */
  readonly related: readonly string[];
}
