import { printable } from '../../../base/text/printable.js';
import type { Change, ChangeValue } from '../../../policy.js';
import { formatTable } from '../../table.js';
import type { Style } from '../../terminal.js';

/** Values as they are and as they will be. */
export const changeTable = (changes: readonly Change[], style: Style): string[] =>
  changes.length === 0
    ? []
    : formatTable(
        ['key below HKLM', 'value', 'now', 'then', 'takes effect'],
        changes.map(({ key, name, now, then, takesEffect }) => [
          ...[printable(key), printable(name), valueText(now), valueText(then), takesEffect],
        ]),
        style,
      );

const valueText = (value: ChangeValue): string =>
  value === null ? 'absent' : typeof value === 'number' ? String(value) : printable(value.join(', '), 4000);
