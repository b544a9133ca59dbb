import type { Decision, Reason } from '../apps/decide/decision.js';
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
