import type { Conclusion, ConclusionVerdict } from '../apps/doctor/connection/conclusion.js';
import type { ConnectionDiagnosis } from '../apps/doctor/connection/diagnosis.js';
import { printable } from '../base/text/printable.js';
import { formatRows, formatTable } from './table.js';
import type { Style } from './terminal.js';

/** Why a connection works or not, for a person: first what follows, then what was found. */
export function formatDiagnosis(diagnosis: ConnectionDiagnosis, style: Style): string[] {
  const { target, conclusions, machine } = diagnosis;
  const by = target.starttls === null ? '' : `, STARTTLS (${target.starttls})`;
  const on = machine === null ? '' : `, from ${machine.release}${machine.wine === null ? '' : ' (Wine)'}`;
  return [
    style.bold(`${target.host}:${target.port}${by}${on}`),
    ...PARTS.flatMap(([verdict, title]) => {
      const own = conclusions.filter((each) => each.verdict === verdict);
      const lines = own.flatMap((each) => formatConclusion(each, style));
      return own.length === 0 ? [] : ['', style.bold(title), ...lines];
    }),
    ...formatSettings(diagnosis, style),
    ...formatCertificates(diagnosis, style),
  ];
}

const PARTS: readonly (readonly [ConclusionVerdict, string])[] = [
  ['works', 'What works'],
  ['fails', 'What does not work'],
  ['warning', 'What may not work elsewhere or later'],
  ['note', 'What to know'],
];

function formatConclusion({ code, verdict, text, meaning, remedy }: Conclusion, style: Style): string[] {
  if (verdict === 'works') return [`  ${style.good(text)}`, ...(meaning === null ? [] : [`    ${meaning}`])];
  const mark = {
    fails: (line: string) => style.bad(line),
    warning: (line: string) => style.warn(line),
    note: (line: string) => line,
  }[verdict];
  const rows = [
    ['code', code],
    ['means', meaning],
    ['to do', remedy],
  ] as const;
  return [`  ${mark(text)}`, ...formatRows(rows, style, '    ')];
}

function formatSettings({ settings }: ConnectionDiagnosis, style: Style): string[] {
  if (settings.length === 0) return [];
  const here = { yes: style.good('yes'), no: style.bad('no'), unknown: '?' } as const;
  const there = (seen: boolean | null): string =>
    seen === null ? '?' : seen ? style.good('yes') : style.bad('no');
  return [
    '',
    ...formatTable(
      ['Versions and suites', 'here', 'server', 'why'],
      settings.map((each) => [`  ${each.subject}`, here[each.here], there(each.there), each.why]),
      style,
    ),
  ];
}

function formatCertificates({ certificates }: ConnectionDiagnosis, style: Style): string[] {
  if (certificates === null || certificates.length === 0) return [];
  return [
    '',
    style.bold('Certificates of this account and this machine'),
    ...certificates.flatMap(({ subject, store, thumbprint, accepted, problems }) => {
      const why = [
        ...(accepted ? [] : ['The server does not accept its issuer.']),
        ...problems.map(({ meaning }) => printable(meaning)),
      ];
      const verdict = why.length === 0 ? style.good('can be sent') : style.bad('cannot be sent');
      return [
        `  ${printable(subject)}  ${verdict}`,
        `    ${store}\\${thumbprint}`,
        ...why.map((line) => `    ${line}`),
      ];
    }),
  ];
}
