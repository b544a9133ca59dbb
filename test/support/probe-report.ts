import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ProbeReport, SuiteReport, VersionReport } from '#lib/apps/probe/report.js';
import { CIPHER_SUITES, type SuiteFlag } from '#lib/formats/tls-wire/suites.js';
import type { JsonSchema } from './json-schema.js';

/** The form of a report. */
export const PROBE_SCHEMA = JSON.parse(
  readFileSync(path.join(__dirname, '../../docs/schannel-probe-1.schema.json'), 'utf8'),
) as JsonSchema;

const ABSENT: VersionReport = { offered: false, suites: [], order: null, refusal: null };

const isStrength = (flag: SuiteFlag): flag is SuiteReport['strength'] => flag !== 'windows';

function suiteOf(id: number): SuiteReport {
  const known = CIPHER_SUITES.get(id);
  if (known === undefined) throw new Error(`no suite ${id}`);
  const { name, openssl, bits, flags } = known;
  return { id, name, openssl, bits, group: null, strength: flags.find(isStrength) ?? 'legacy' };
}

/** A version with these suites. */
export const spoken = (...suites: readonly number[]): VersionReport => ({
  offered: true,
  suites: suites.map(suiteOf),
  order: null,
  refusal: null,
});

/** A report about a server that speaks only TLS 1.3, as Mozilla's modern guideline wants it, and what is given. */
export function probeReport(
  given: Partial<ProbeReport> & { readonly spoken?: Partial<ProbeReport['versions']> } = {},
): ProbeReport {
  const { spoken: versions, ...rest } = given;
  return {
    format: 'schannel-probe/1',
    target: { host: 'localhost', port: 443, servername: 'localhost', starttls: null },
    time: '2026-01-01T00:00:00.000Z',
    versions: {
      SSLv2: ABSENT,
      SSLv3: ABSENT,
      TLSv1: ABSENT,
      'TLSv1.1': ABSENT,
      'TLSv1.2': ABSENT,
      'TLSv1.3': spoken(0x1301),
      ...versions,
    },
    groups: { 'TLSv1.3': ['X25519MLKEM768', 'x25519'], before: null, dhBits: null },
    certificates: [],
    alpn: null,
    features: {
      secureRenegotiation: null,
      extendedMasterSecret: null,
      encryptThenMac: null,
      sessionTickets: null,
      compression: null,
      heartbeat: null,
      fallbackScsv: null,
      needsServername: null,
      nameRefused: null,
      clientRenegotiation: null,
    },
    resumption: { sessionIds: null, tickets: null, tls13: null, earlyData: null },
    tolerance: { newerVersion: null, grease: null, mediumHello: null, longHello: null },
    signatures: { 'TLSv1.2': null, 'TLSv1.3': null },
    findings: [],
    grades: { modern: [], intermediate: [], 'windows-default': [] },
    unsure: [],
    connections: 1,
    milliseconds: 1,
    ...rest,
  };
}
