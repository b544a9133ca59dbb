/** `insecure` gives no protection worth the name, `weak` should be changed, `note` is good to know. */
export type Severity = 'insecure' | 'weak' | 'note';

/** Something that should be known about a server. */
export interface Finding {
  /** 'tls-1.0', 'weak-suites' … */
  readonly code: string;
  readonly severity: Severity;
  readonly meaning: string;
  readonly remedy: string;
}

export const finding = (code: string, severity: Severity, meaning: string, remedy: string): Finding => ({
  code,
  severity,
  meaning,
  remedy,
});
