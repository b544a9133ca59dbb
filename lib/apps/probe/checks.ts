/** What can be left out. Versions and suites are always asked for. */
export const PROBE_CHECKS = ['groups', 'certificates', 'alpn', 'features'] as const;

export type ProbeCheck = (typeof PROBE_CHECKS)[number];
