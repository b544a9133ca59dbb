import type { Finding, Severity } from '../apps/probe/findings.js';
import { PROFILES, type ProfileName } from '../apps/probe/profiles.js';
import type { CertificateReport, ProbeReport, SuiteReport, VersionReport } from '../apps/probe/report.js';
import { printable, printableList } from '../base/text/printable.js';
import { formatRows, formatTable } from './table.js';
import type { Style } from './terminal.js';

/** A report for a person. What the server says of itself is made printable. */
export function formatProbe(report: ProbeReport, style: Style): string[] {
  const { target, versions, groups, certificates, unsure, connections, milliseconds } = report;
  const name = target.host === null ? 'the server' : `${target.host}:${target.port ?? ''}`;
  const by = target.starttls === null ? '' : `, STARTTLS (${target.starttls})`;
  return [
    style.bold(`${name}${by}`),
    ...Object.entries(versions)
      .reverse()
      .flatMap(([version, facts]) => formatVersion(version, facts, style)),
    ...section(
      'Groups',
      formatRows(
        [
          ['TLS 1.3', groups['TLSv1.3']?.join(', ') ?? null],
          ['before', groups.before?.join(', ') ?? null],
          ['DHE', groups.dhBits === null ? null : `${groups.dhBits} bits`],
        ],
        style,
        '  ',
      ),
      style,
    ),
    ...section(
      'Certificates',
      certificates.flatMap((each) => formatShown(each, style)),
      style,
    ),
    ...section('Extras', formatExtras(report, style), style),
    ...section('Findings', report.findings.map((each) => formatFinding(each, style)).flat(), style),
    ...section(
      'Profiles',
      PROFILES.flatMap((profile) => formatGrade(profile, report.grades[profile], style)),
      style,
    ),
    ...section(
      'Unsure',
      unsure.map((text) => `  ${printable(text)}`),
      style,
    ),
    '',
    style.dim(`${connections} connections in ${milliseconds} ms`),
  ];
}

const section = (title: string, lines: readonly string[], style: Style): string[] =>
  lines.length === 0 ? [] : ['', style.bold(title), ...lines];

const STRENGTH = {
  recommended: 'good',
  legacy: 'dim',
  weak: 'warn',
  insecure: 'bad',
} as const satisfies Record<SuiteReport['strength'], keyof Style>;

function formatVersion(
  version: string,
  { offered, suites, order, refusal }: VersionReport,
  style: Style,
): string[] {
  const why = refusal === null ? '' : ` (${printable(refusal.text)})`;
  if (offered === null) return ['', `${style.bold(version)}  ${style.warn('unsure')}${why}`];
  if (!offered) return ['', `${style.bold(version)}  not spoken${style.dim(why)}`];
  const by = order === null ? '' : `, in the order of the ${order}`;
  const rows = suites.map(({ name, openssl, bits, group, strength }) => [
    `  ${name}`,
    openssl === null || openssl === name ? '' : openssl,
    `${bits}`,
    group ?? '',
    style[STRENGTH[strength]](strength),
  ]);
  const table = suites.length === 0 ? [] : formatTable(['', '', '', '', ''], rows, style).slice(1);
  return [
    '',
    `${style.bold(version)}  ${suites.length === 0 ? 'spoken' : `${suites.length} suites`}${by}`,
    ...table,
  ];
}

function formatShown(shown: CertificateReport, style: Style): string[] {
  const { version, key, scheme, chain, isOrdered, staple, ocsp, clientAuthorities, authorityNames } = shown;
  const [leaf] = chain;
  const text = (value: string | null | undefined): string | null => (value == null ? null : printable(value));
  return [
    `  ${style.bold(version)} ${key ?? 'a key that cannot be read'}`,
    ...formatRows(
      [
        ['subject', text(leaf?.subject)],
        ['names', text(leaf?.names)],
        ['issuer', leaf?.issuer === leaf?.subject ? 'itself' : text(leaf?.issuer)],
        ['valid', leaf?.validTo == null ? null : `until ${leaf.validTo.slice(0, 10)}`],
        ['signed by', scheme],
        ['chain', `${chain.length} sent${isOrdered ? '' : style.warn(', not in order')}`],
        ['OCSP', staple === null ? null : stapleText(staple, ocsp)],
        [
          'client',
          clientAuthorities === null
            ? null
            : `a certificate is asked for, of ${clientAuthorities || 'any'} authorities`,
        ],
        ['authorities', authorityNames.length === 0 ? null : printableList(authorityNames.slice(0, SHOWN))],
      ],
      style,
      '    ',
    ),
  ];
}

const stapleText = (bytes: number, ocsp: CertificateReport['ocsp']): string =>
  [
    `stapled, ${bytes} bytes`,
    ...(ocsp === null ? [] : [ocsp.status]),
    ...(ocsp?.nextUpdate == null ? [] : [`until ${ocsp.nextUpdate}`]),
  ].join(', ');

const yesOrNo = (value: boolean | null): string | null => (value === null ? null : value ? 'yes' : 'no');

function formatExtras(report: ProbeReport, style: Style): string[] {
  const { alpn, features, resumption, tolerance, signatures } = report;
  return formatRows(
    [
      ['ALPN', alpn === null ? null : alpn.join(', ') || 'none'],
      ['secure renegotiation', yesOrNo(features.secureRenegotiation)],
      ['extended master secret', yesOrNo(features.extendedMasterSecret)],
      ['encrypt-then-MAC', yesOrNo(features.encryptThenMac)],
      ['session tickets', yesOrNo(features.sessionTickets)],
      ['compression', yesOrNo(features.compression)],
      ['heartbeat', yesOrNo(features.heartbeat)],
      ['fallback refused', yesOrNo(features.fallbackScsv)],
      ['needs a server name', yesOrNo(features.needsServername)],
      ['renegotiation by clients', yesOrNo(features.clientRenegotiation)],
      ['resumption by session id', yesOrNo(resumption.sessionIds)],
      ['resumption by ticket', yesOrNo(resumption.tickets)],
      ['resumption in TLS 1.3', yesOrNo(resumption.tls13)],
      ['early data', resumption.earlyData === null ? null : `${resumption.earlyData} bytes`],
      ['takes a newer version', yesOrNo(tolerance.newerVersion)],
      ['takes reserved values', yesOrNo(tolerance.grease)],
      ['takes a hello of 400 bytes', yesOrNo(tolerance.mediumHello)],
      ['takes a hello of 16,000 bytes', yesOrNo(tolerance.longHello)],
      ['signatures in TLS 1.2', signatures['TLSv1.2']?.join(', ') ?? null],
      ['signatures in TLS 1.3', signatures['TLSv1.3']?.join(', ') ?? null],
    ],
    style,
    '  ',
  );
}

const MARK = { insecure: 'bad', weak: 'warn', note: 'dim' } as const satisfies Record<Severity, keyof Style>;
const WIDTH = 'insecure'.length;

const formatFinding = ({ severity, meaning, remedy }: Finding, style: Style): string[] => [
  `  ${style[MARK[severity]](severity.padEnd(WIDTH))}  ${printable(meaning)}`,
  `  ${' '.repeat(WIDTH)}  ${style.dim(remedy)}`,
];

const TITLES: Readonly<Record<ProfileName, string>> = {
  modern: 'Mozilla modern',
  intermediate: 'Mozilla intermediate',
  'windows-default': 'Windows default',
};
const SHOWN = 3;

function formatGrade(profile: ProfileName, faults: readonly string[], style: Style): string[] {
  if (faults.length === 0) return [`  ${style.good('yes')}  ${TITLES[profile]}`];
  const more = faults.length - SHOWN;
  const shown = faults.slice(0, SHOWN).map((fault) => printable(fault));
  return [
    `  ${style.warn('no ')}  ${TITLES[profile]}: ${shown.join(' ')}${more > 0 ? ` And ${more} more.` : ''}`,
  ];
}
