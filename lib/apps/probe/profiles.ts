import { CIPHER_SUITES } from '../../formats/tls-wire/suites.js';
import type { TlsVersionName } from '../../formats/tls-wire/versions.js';
import type { CertificateReport, ProbeReport } from './report.js';

/**
 * What a server can be measured by: Mozilla's guidelines 6.0 for servers ("Server Side TLS"), and what Windows from
 * version 1607 of Windows 10 on enables as it is installed.
 */
export const PROFILES = ['modern', 'intermediate', 'windows-default'] as const;

export type ProfileName = (typeof PROFILES)[number];

type Measured = Pick<ProbeReport, 'versions' | 'groups' | 'certificates'>;

interface Profile {
  readonly required: readonly TlsVersionName[];
  readonly allowed: readonly TlsVersionName[];
  readonly suite: (id: number) => boolean;
  readonly groups: readonly string[];
  readonly key: (key: string) => boolean;
  /** Days that a certificate is valid in all; null for any. */
  readonly lifetime: number | null;
  readonly order: 'client' | null;
}

const TLS_1_3 = new Set([0x1301, 0x1302, 0x1303]);

/** ECDHE with an ECDSA or RSA certificate, and AES-GCM or ChaCha20. */
const INTERMEDIATE = new Set([...TLS_1_3, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9]);

const MOZILLA_GROUPS = ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1'];

const isEcKey = (key: string): boolean => key === 'EC prime256v1' || key === 'EC secp384r1';

/** 'RSA 2048' → 2048; null for another kind of key. */
export const rsaBits = (key: string): number | null => {
  const [, bits] = /^RSA(?:-PSS)? (\d+)$/.exec(key) ?? [];
  return bits === undefined ? null : Number(bits);
};

const RULES: Readonly<Record<ProfileName, Profile>> = {
  modern: {
    required: ['TLSv1.3'],
    allowed: ['TLSv1.3'],
    suite: (id) => TLS_1_3.has(id),
    groups: MOZILLA_GROUPS,
    key: isEcKey,
    lifetime: 90,
    order: 'client',
  },
  intermediate: {
    required: ['TLSv1.2', 'TLSv1.3'],
    allowed: ['TLSv1.2', 'TLSv1.3'],
    suite: (id) => INTERMEDIATE.has(id),
    groups: MOZILLA_GROUPS,
    key: (key) => isEcKey(key) || (rsaBits(key) ?? 0) >= 2048,
    lifetime: 366,
    order: 'client',
  },
  'windows-default': {
    required: ['TLSv1.2'],
    allowed: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    suite: (id) => CIPHER_SUITES.get(id)?.flags.includes('windows') ?? false,
    groups: ['x25519', 'secp256r1', 'secp384r1'],
    key: () => true,
    lifetime: null,
    order: null,
  },
};

const DAY = 86_400_000;

/**
 * Where a server differs from a profile, in sentences; none if it is as the profile demands. What the report is unsure
 * of counts as absent.
 */
export function grade(report: Measured, name: ProfileName): readonly string[] {
  const profile = RULES[name];
  return [
    ...versionFaults(report, profile),
    ...suiteFaults(report, profile),
    ...groupFaults(report, profile),
    ...report.certificates.flatMap((certificate) => certificateFaults(certificate, profile)),
  ];
}

const spoken = ({ versions }: Measured): TlsVersionName[] =>
  (Object.keys(versions) as TlsVersionName[]).filter((version) => versions[version].offered === true);

function versionFaults(report: Measured, { required, allowed }: Profile): string[] {
  const offered = spoken(report);
  return [
    ...required.filter((version) => !offered.includes(version)).map((version) => `${version} is missing.`),
    ...offered.filter((version) => !allowed.includes(version)).map((version) => `${version} is spoken.`),
  ];
}

function suiteFaults({ versions }: Measured, { suite, order, allowed }: Profile): string[] {
  const all = allowed.flatMap((version) => versions[version].suites);
  const others = new Set(all.filter(({ id }) => !suite(id)).map(({ name }) => name));
  const ordered = allowed.filter((version) => order === 'client' && versions[version].order === 'server');
  return [
    ...[...others].map((name) => `${name} is accepted.`),
    ...ordered.map((version) => `The server, not the client, orders the suites of ${version}.`),
  ];
}

function groupFaults({ groups }: Measured, profile: Profile): string[] {
  const all = new Set([...(groups['TLSv1.3'] ?? []), ...(groups.before ?? [])]);
  return [...all].filter((group) => !profile.groups.includes(group)).map((group) => `${group} is accepted.`);
}

function certificateFaults({ key, chain, version }: CertificateReport, profile: Profile): string[] {
  const [leaf] = chain;
  const days =
    leaf === undefined ? NaN : (Date.parse(leaf.validTo ?? '') - Date.parse(leaf.validFrom ?? '')) / DAY;
  return [
    ...(key !== null && !profile.key(key) ? [`The certificate in ${version} has the key ${key}.`] : []),
    ...(profile.lifetime !== null && days > profile.lifetime
      ? [
          `The certificate in ${version} is valid for ${Math.round(days)} days, not for ${profile.lifetime} at most.`,
        ]
      : []),
  ];
}
