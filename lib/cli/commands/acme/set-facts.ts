import type { SetStatus } from '../../../apps/acme/manager/report.js';
import { printable, printableList } from '../../../base/text/printable.js';
import { formatTable } from '../../table.js';
import type { Style } from '../../terminal.js';
import { dayOf, describeTimeLeft, markUrgency } from '../../../base/text/validity.js';

/**
 * Whether a person, or a monitor, should look at a set. Not for an order that is on its way: another process may be at
 * work.
 */
export const needsAttention = ({ due, failures, hookFailure }: SetStatus): boolean =>
  due || failures > 0 || hookFailure !== null;

/** Each set in a line. */
export function formatSets(sets: readonly SetStatus[], style: Style, now = Date.now()): string[] {
  if (sets.length === 0) return ['No certificate is configured'];
  const rows = sets.map((set) => [
    printableList(set.names),
    certificateOf(set, style, now),
    nextOf(set),
    set.certificate?.reference ?? '',
  ]);
  return formatTable(['Names', 'Certificate', 'Next', 'Reference'], rows, style);
}

function certificateOf({ certificate }: SetStatus, style: Style, now: number): string {
  if (certificate === null) return style.bad('none');
  const span = { from: certificate.validFrom.getTime(), to: certificate.validTo.getTime() };
  return markUrgency(describeTimeLeft(span, now), span, now, style);
}

function nextOf({ renewal, nextTry, due }: SetStatus): string {
  if (nextTry !== null) return `again ${timeOf(nextTry)}`;
  if (due || renewal === null) return 'now';
  return `${dayOf(renewal.at.getTime())}${renewal.reason === 'suggested' ? ', as suggested' : ''}`;
}

/** '2026-04-01 17:05', in the time of this machine: a person compares it with a clock on the wall. */
export function timeOf(moment: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** What there is to say of sets beside their line. */
export const notesOn = (sets: readonly SetStatus[], style: Style): string[] =>
  sets.flatMap((set) => {
    const title = printableList(set.names);
    const { lastFailure, failures, dropped, unfinished, hookFailure, explanation } = set;
    return [
      lastFailure === null
        ? null
        : style.bad(
            `${title}: failed ${failures === 1 ? 'once' : `${failures} times`}, last at ${timeOf(lastFailure.at)}: ` +
              `${printable(lastFailure.text, 500)} (${lastFailure.code})`,
          ),
      dropped.length === 0
        ? null
        : style.warn(`${title}: left out, because they fail: ${printableList(dropped)}`),
      unfinished
        ? style.warn(`${title}: an order has begun and not ended. The next check goes on with it`)
        : null,
      hookFailure === null ? null : style.warn(`${title}: ${printable(hookFailure, 500)}`),
      explanation === null ? null : style.dim(`${title}: why then: ${printable(explanation, 500)}`),
    ].filter((line) => line !== null);
  });

/** The same as JSON. */
export const setFacts = (set: SetStatus): object => ({ ...set, ok: !needsAttention(set) });
