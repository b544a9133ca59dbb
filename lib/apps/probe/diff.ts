import { TLS_VERSION_NAMES } from '../../formats/tls-wire/versions.js';
import type { ProbeReport } from './report.js';

/** Something that one report has and the other has not, or has otherwise. */
export interface Difference {
  /** Where: 'TLSv1.2', 'groups', 'certificates' … */
  readonly part: string;
  /** In the first report; null for absent. */
  readonly before: string | null;
  /** In the second report; null for absent. */
  readonly after: string | null;
}

/** What differs between two reports: of two servers, or of one before and after a change. Times and counts do not. */
export function diffReports(before: ProbeReport, after: ProbeReport): readonly Difference[] {
  const facts = [factsOf(before), factsOf(after)] as const;
  return [
    ...TLS_VERSION_NAMES.flatMap((name) => diffOf(name, facts[0].versions[name], facts[1].versions[name])),
    ...TLS_VERSION_NAMES.flatMap((name) => orderDiff(name, before, after)),
    ...diffOf('groups', facts[0].groups, facts[1].groups),
    ...diffOf('certificates', facts[0].certificates, facts[1].certificates),
    ...diffOf('ALPN', facts[0].alpn, facts[1].alpn),
    ...diffOf('features', facts[0].features, facts[1].features),
    ...diffOf('resumption', facts[0].resumption, facts[1].resumption),
    ...diffOf('tolerance', facts[0].tolerance, facts[1].tolerance),
    ...diffOf('signatures', facts[0].signatures, facts[1].signatures),
    ...diffOf('findings', facts[0].findings, facts[1].findings),
  ];
}

type Facts = Readonly<
  Record<
    'groups' | 'certificates' | 'alpn' | 'features' | 'resumption' | 'tolerance' | 'signatures' | 'findings',
    readonly string[]
  >
> & {
  readonly versions: Readonly<Record<string, readonly string[]>>;
};

function factsOf(report: ProbeReport): Facts {
  const { versions, groups, certificates, alpn, features, findings } = report;
  return {
    versions: Object.fromEntries(
      TLS_VERSION_NAMES.map((name) => {
        const { offered, suites } = versions[name];
        const spoken = offered === true ? ['spoken'] : offered === null ? ['unsure'] : [];
        return [name, [...spoken, ...suites.map((suite) => suite.name)]];
      }),
    ),
    groups: [
      ...(groups['TLSv1.3'] ?? []).map((group) => `${group} in TLSv1.3`),
      ...(groups.before ?? []).map((group) => `${group} before TLSv1.3`),
      ...(groups.dhBits === null ? [] : [`DHE of ${groups.dhBits} bits`]),
    ],
    certificates: certificates.flatMap(
      ({ version, key, chain, staple, ocsp, clientAuthorities, authorityNames }) => [
        `${version}: ${key ?? 'unknown key'}, ${chain[0]?.subject ?? 'unreadable'}, until ${chain[0]?.validTo ?? 'unknown'}`,
        ...(staple === null ? [] : [`${version}: ${key ?? 'unknown key'}, OCSP response stapled`]),
        ...(ocsp === null ? [] : [`${version}: ${key ?? 'unknown key'}, OCSP status ${ocsp.status}`]),
        ...(clientAuthorities === null ? [] : [`${version}: a client certificate is asked for`]),
        ...authorityNames.map((name) => `${version}: client certificates of ${name}`),
      ],
    ),
    alpn: alpn ?? [],
    features: answersOf({ ...features }),
    resumption: answersOf({ ...report.resumption }),
    tolerance: answersOf({ ...report.tolerance }),
    signatures: Object.entries(report.signatures).flatMap(([version, names]) =>
      ((names as readonly string[] | null) ?? []).map((name) => `${name} in ${version}`),
    ),
    findings: findings.map(({ code, severity }) => `${severity}: ${code}`),
  };
}

/** What was tested; a number as it is. */
const answersOf = (answers: Readonly<Record<string, boolean | number | null>>): string[] =>
  Object.entries(answers).flatMap(([name, value]) => {
    if (value === null) return [];
    return [`${name}: ${value === true ? 'yes' : value === false ? 'no' : value}`];
  });

const diffOf = (
  part: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): Difference[] => [
  ...before.filter((fact) => !after.includes(fact)).map((fact) => ({ part, before: fact, after: null })),
  ...after.filter((fact) => !before.includes(fact)).map((fact) => ({ part, before: null, after: fact })),
];

function orderDiff(
  name: (typeof TLS_VERSION_NAMES)[number],
  before: ProbeReport,
  after: ProbeReport,
): Difference[] {
  const [one, other] = [before.versions[name].order, after.versions[name].order];
  if (one === null || other === null || one === other) return [];
  return [{ part: name, before: `order of the ${one}`, after: `order of the ${other}` }];
}
