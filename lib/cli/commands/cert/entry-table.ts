import { printable } from '../../../base/text/printable.js';
import { formatTable } from '../../table.js';
import type { Style } from '../../terminal.js';
import { dayOf, describeTimeLeft, markUrgency } from '../../../base/text/validity.js';
import { displayName, type EntryContents } from './entry-facts.js';

/** Longest name in a table; `show` and --json have the whole name. */
const WIDTH = 40;

/**
 * Certificates as a table, one on each line.
 * @param full whether the last column also says the store
 */
export function formatEntries(
  entries: readonly EntryContents[],
  style: Style,
  { full = false, now = Date.now() } = {},
): string[] {
  const head = ['Name', 'Friendly name', 'Expires', 'Time', 'Key', full ? 'Certificate' : 'Thumbprint'];
  const rows = entries.map((entry) => {
    const span = { from: entry.validFrom.getTime(), to: entry.validTo.getTime() };
    return [
      cut(displayName(entry)) + (entry.archived ? style.dim(' (archived)') : ''),
      cut(entry.friendlyName ?? ''),
      dayOf(span.to),
      markUrgency(describeTimeLeft(span, now), span, now, style),
      entry.hasPrivateKey ? 'yes' : '',
      (full ? entry.reference : null) ?? entry.thumbprint,
    ];
  });
  return formatTable(head, rows, style);
}

function cut(name: string): string {
  const characters = Array.from(printable(name));
  return characters.length > WIDTH ? `${characters.slice(0, WIDTH - 1).join('')}…` : characters.join('');
}
