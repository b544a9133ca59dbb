import type { Role } from '../../native/binding.js';
import type { PolicyVersion } from './protocol-versions.js';

/** A range of builds with the same documented defaults. */
export interface WindowsRelease {
  /** The first build. */
  readonly build: number;
  readonly name: string;
}

/** First builds. Clients and servers share some: 14393 is Windows 10 1607 and Server 2016. */
const RELEASES: readonly WindowsRelease[] = [
  { build: 28000, name: 'Windows 11 26H1' },
  { build: 26200, name: 'Windows 11 25H2' },
  { build: 26100, name: 'Windows 11 24H2 or Server 2025' },
  { build: 25398, name: 'Windows Server 23H2' },
  { build: 22631, name: 'Windows 11 23H2' },
  { build: 22621, name: 'Windows 11 22H2' },
  { build: 22000, name: 'Windows 11 21H2' },
  { build: 20348, name: 'Windows Server 2022' },
  { build: 19045, name: 'Windows 10 22H2' },
  { build: 19044, name: 'Windows 10 21H2' },
  { build: 18362, name: 'Windows 10 1903 to 21H1' },
  { build: 17763, name: 'Windows 10 1809 or Server 2019' },
  { build: 17134, name: 'Windows 10 1803' },
  { build: 16299, name: 'Windows 10 1709' },
  { build: 15063, name: 'Windows 10 1703' },
  { build: 14393, name: 'Windows 10 1607 or Server 2016' },
  { build: 10586, name: 'Windows 10 1511' },
  { build: 10240, name: 'Windows 10 1507' },
  { build: 9600, name: 'Windows 8.1 or Server 2012 R2' },
  { build: 9200, name: 'Windows 8 or Server 2012' },
  { build: 7600, name: 'Windows 7 or Server 2008 R2' },
];

/** The newest release that this build can be; a build before Windows 7 has none. */
export const releaseOf = (build: number): string =>
  RELEASES.find((release) => build >= release.build)?.name ?? `Windows build ${build}`;

/** The first build with TLS 1.3 that Microsoft supports. */
export const FIRST_TLS13_BUILD = 20348;

/** A dash: the version is not there. */
type Row = readonly [from: number, states: Readonly<Record<PolicyVersion, 'on' | 'off' | '-'>>];

const row = (from: number, ...states: readonly ('on' | 'off' | '-')[]): Row => {
  const [ssl2 = '-', ssl3 = '-', tls10 = '-', tls11 = '-', tls12 = '-', tls13 = '-', dtls12 = '-'] = states;
  return [
    from,
    {
      ...{ 'SSL 2.0': ssl2, 'SSL 3.0': ssl3, 'TLS 1.0': tls10, 'TLS 1.1': tls11 },
      // The page says nothing about DTLS 1.0.
      ...{ 'TLS 1.2': tls12, 'TLS 1.3': tls13, 'DTLS 1.0': '-', 'DTLS 1.2': dtls12 },
    },
  ];
};

/**
 * "Protocols in TLS/SSL (Schannel SSP)", March 2025. The page has TLS 1.0 and 1.1 on in every release, while "TLS 1.0
 * and TLS 1.1 deprecation in Windows" announces them off: what a credential reports decides.
 */
const VERSIONS: readonly Row[] = [
  row(20348, '-', 'off', 'on', 'on', 'on', 'on', 'on'),
  row(14393, '-', 'off', 'on', 'on', 'on', '-', 'on'),
  row(9200, 'off', 'on', 'on', 'on', 'on'),
  row(7600, 'off', 'on', 'on', 'off', 'off'),
];

/** The documented default of a version; null if the release does not have it. */
export function documentedDefault(build: number, version: PolicyVersion, role: Role): boolean | null {
  // Servers of Windows 7 still accept SSL 2.0.
  if (version === 'SSL 2.0' && role === 'server' && build >= 7600 && build < 9200) return true;
  const state = VERSIONS.find(([from]) => build >= from)?.[1][version] ?? '-';
  return state === '-' ? null : state === 'on';
}

const suites = (before: string, ...after: readonly string[]): string[] => after.map((end) => before + end);

const TLS13 = suites('TLS_', 'AES_256_GCM_SHA384', 'AES_128_GCM_SHA256');
const GCM = ['AES_256_GCM_SHA384', 'AES_128_GCM_SHA256'];
const CBC_SHA2 = ['AES_256_CBC_SHA384', 'AES_128_CBC_SHA256'];
const CBC_SHA = ['AES_256_CBC_SHA', 'AES_128_CBC_SHA'];
const ecdhe = (ends: readonly string[]): string[] => [
  ...suites('TLS_ECDHE_ECDSA_WITH_', ...ends),
  ...suites('TLS_ECDHE_RSA_WITH_', ...ends),
];
const ECDHE_GCM = ecdhe(GCM);
const ECDHE_CBC = [...ecdhe(CBC_SHA2), ...ecdhe(CBC_SHA)];
const DHE_GCM = suites('TLS_DHE_RSA_WITH_', ...GCM);
const DHE_CBC = suites('TLS_DHE_RSA_WITH_', ...CBC_SHA);
const RSA = suites('TLS_RSA_WITH_', ...GCM, 'AES_256_CBC_SHA256', 'AES_128_CBC_SHA256', ...CBC_SHA);
const TRIPLE_DES = ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'];
const DSS = suites(
  'TLS_DHE_DSS_WITH_',
  ...['AES_256_CBC_SHA256', 'AES_128_CBC_SHA256', ...CBC_SHA, '3DES_EDE_CBC_SHA'],
);
const RC4 = suites('TLS_RSA_WITH_', 'RC4_128_SHA', 'RC4_128_MD5');
const NULLS = suites('TLS_RSA_WITH_', 'NULL_SHA256', 'NULL_SHA');

/** "TLS Cipher Suites in Windows …"; null for builds without a page. */
const SUITES: readonly (readonly [from: number, names: readonly string[] | null])[] = [
  [22621, [...TLS13, ...ECDHE_GCM, ...ECDHE_CBC, ...RSA, ...NULLS]],
  [20348, [...TLS13, ...ECDHE_GCM, ...DHE_GCM, ...ECDHE_CBC, ...RSA, ...TRIPLE_DES, ...NULLS]],
  [19045, [...ECDHE_GCM, ...ECDHE_CBC, ...RSA, ...NULLS]],
  [17763, [...ECDHE_GCM, ...DHE_GCM, ...ECDHE_CBC, ...RSA, ...TRIPLE_DES, ...NULLS]],
  [15063, null],
  [
    14393,
    [...ECDHE_GCM, ...DHE_GCM, ...ECDHE_CBC, ...DHE_CBC, ...RSA, ...TRIPLE_DES, ...DSS, ...RC4, ...NULLS],
  ],
];

/** The cipher suites that a release enables, in its order; null if that is not documented. */
export const defaultSuites = (build: number): readonly string[] | null =>
  SUITES.find(([from]) => build >= from)?.[1] ?? null;

/** Those of TLS 1.3 that are off by default. */
const CHACHA20 = 'TLS_CHACHA20_POLY1305_SHA256';

const PSK = suites(
  'TLS_PSK_WITH_',
  ...GCM,
  'AES_256_CBC_SHA384',
  'AES_128_CBC_SHA256',
  'NULL_SHA384',
  'NULL_SHA256',
);

/** Cipher suites that a release knows, whether they are on or not. Newer builds keep those of older ones. */
export const knownSuites = (build: number): ReadonlySet<string> =>
  new Set([
    ...(build >= FIRST_TLS13_BUILD ? [...TLS13, CHACHA20] : []),
    ...[ECDHE_GCM, DHE_GCM, ECDHE_CBC, DHE_CBC, RSA, TRIPLE_DES, DSS, RC4, NULLS, PSK].flat(),
  ]);

/** "TLS Elliptic Curves in Windows 10 version 1607 and later". */
export const DEFAULT_GROUPS: readonly string[] = ['curve25519', 'NistP256', 'NistP384'];

/** Before Windows 10, names ended with a curve, which later releases ignore: '…_P256'. */
export const withoutCurve = (suite: string): string => suite.replace(/_P(256|384|521)$/, '');
