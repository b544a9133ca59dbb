import type { Decision, Reason } from '../apps/decide/decision.js';
import type { ExplainedServer } from '../apps/decide/explain-server.js';
import { formatRows, formatTable } from './table.js';
import type { Style } from './terminal.js';

/** Who says so, for a person. */
const WHO: Readonly<Record<Reason['rule'], string>> = {
  build: 'this Windows',
  protocols: 'version setting',
  fips: 'FIPS mode',
  'policy list': 'group policy',
  'local list': 'list of suites',
  version: 'version setting',
  certificate: 'certificate',
  groups: 'groups',
  signatures: 'signatures',
  binding: 'binding',
  library: 'program',
  order: '',
};

export const formatAnswer = ({ answer }: Pick<Decision, 'answer'>, style: Style): string =>
  answer === 'unknown' ? '?' : answer === 'yes' ? style.good('yes') : style.bad('no');

/** One line for each decision. */
export const formatDecisions = (decisions: readonly Decision[], style: Style): string[] =>
  formatTable(
    ['', 'answer', 'decided by', 'why'],
    decisions.map((each) => [each.subject, formatAnswer(each, style), WHO[each.rule], each.text]),
    style,
  );

/** One decision with all that is known of it. */
export function formatDecision(decision: Decision, style: Style): string[] {
  const { subject, role, rule, text, key, value, written, remedy } = decision;
  return [
    `${style.bold(subject)} for a ${role}: ${formatAnswer(decision, style)}`,
    ...formatRows(
      [
        ['decided by', WHO[rule] === '' ? null : WHO[rule]],
        ['why', text],
        ['key', key === null ? null : `HKLM\\${key}`],
        ['value', value],
        ['written', written === null ? null : written.toISOString()],
        ['to do', remedy],
      ],
      style,
      '  ',
    ),
  ];
}

/** What this machine has beside what a server accepts. What neither has is left out. */
export function formatExplained({ role, compared, obstacle }: ExplainedServer, style: Style): string[] {
  const shown = compared.filter(({ decision, seen }) => decision.answer !== 'no' || seen !== false);
  const mark = (seen: boolean | null): string =>
    seen === null ? '?' : seen ? style.good('yes') : style.bad('no');
  return [
    '',
    style.bold(role === 'server' ? 'This machine as the server' : 'This machine as a client'),
    ...formatTable(
      ['', 'settings', 'server', 'decided by', 'why'],
      shown.map(({ decision, seen, meaning }) => [
        decision.subject,
        formatAnswer(decision, style),
        mark(seen),
        WHO[decision.rule],
        [decision.text, ...(meaning === null ? [] : [meaning])].join(' '),
      ]),
      style,
    ),
    ...(obstacle === null ? [] : ['', style.bad(obstacle)]),
  ];
}
