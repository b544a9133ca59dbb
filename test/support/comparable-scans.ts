import type { ProbeReport } from '#lib/apps/probe/report.js';
import { groupName } from '#lib/formats/tls-wire/groups.js';
import { suiteName } from '#lib/formats/tls-wire/suites.js';
import type { Scan } from './sslscan.js';

const VERSIONS = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** Versions, and what each has: names, in the order of the alphabet. */
export interface FoundByScanner {
  readonly versions: readonly string[];
  readonly suites: Readonly<Record<string, readonly string[]>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

const sorted = (names: readonly string[] | null | undefined): string[] => [...(names ?? [])].sort();

/** What a probe found. */
export function comparableReport({ versions, groups }: ProbeReport): FoundByScanner {
  const offered = VERSIONS.filter((name) => versions[name].offered);
  return {
    versions: offered,
    suites: Object.fromEntries(
      offered.map((name) => [name, sorted(versions[name].suites.map((suite) => suite.name))]),
    ),
    groups: {
      // sslscan asks for curves in TLS 1.2 only.
      'TLSv1.2': offered.includes('TLSv1.2') ? sorted(groups.before) : [],
      'TLSv1.3': sorted(groups['TLSv1.3']),
    },
  };
}

/** What sslscan found. @param hybrids groups of TLS 1.3 that it can't know */
export function comparableScan(
  { versions, suites, groups }: Scan,
  hybrids: readonly string[] = [],
): FoundByScanner {
  return {
    versions,
    suites: Object.fromEntries(versions.map((name) => [name, sorted(suites[name]?.map(suiteName))])),
    groups: {
      'TLSv1.2': sorted(groups['TLSv1.2']?.map(groupName)),
      'TLSv1.3': sorted([...(groups['TLSv1.3'] ?? []).map(groupName), ...hybrids]),
    },
  };
}
