/** What can be left out. Versions and suites are always asked for. */
export const PROBE_CHECKS = [
  'groups',
  'certificates',
  'alpn',
  'features',
  'sessions',
  'tolerance',
  'signatures',
] as const;

export type ProbeCheck = (typeof PROBE_CHECKS)[number];

/** All but those that take many connections. */
export const DEFAULT_CHECKS: readonly ProbeCheck[] = PROBE_CHECKS.filter((check) => check !== 'signatures');
