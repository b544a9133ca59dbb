import { existsSync } from 'node:fs';
import { printable } from '../../../base/text/printable.js';
import type { Change, WantedPolicy } from '../../../policy.js';
import { type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { canAsk } from '../../prompt.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { changeTable } from './change-table.js';

/** The options of all settings, as commander parses them. */
export interface RunSetFlags extends ChangeFlags {
  readonly undo?: string;
  readonly evenNone?: boolean;
  readonly json?: boolean;
}

/**
 * Shows a change, asks, makes it, and says when it counts.
 * @param question a second one, for a change that reaches further
 */
export async function runSet(
  wanted: WantedPolicy,
  flags: RunSetFlags,
  args: readonly string[],
  { io, policy: library }: CommandContext,
  question?: string,
): Promise<void> {
  const dryRun = flags.dryRun === true;
  if (!dryRun && flags.undo === undefined) {
    throw new UsageError('Name a new file that takes the change back: --undo before.reg');
  }
  if (!dryRun && !canAsk(io.stdin) && flags.yes !== true) {
    throw new UsageError('There is no terminal to confirm this on. Confirm it with --yes');
  }
  if (flags.undo !== undefined && existsSync(flags.undo)) {
    throw new UsageError(`--undo: ${printable(flags.undo)} exists. Name a new file`);
  }
  const changes = library.planChange(await library.readPolicy(), wanted, { evenNone: flags.evenNone });
  const report = (text: string): void =>
    writeReport(io, flags, {
      facts: () => ({
        ...{ ok: true, dryRun, changes, undoFile: dryRun ? null : (flags.undo ?? null), error: null },
      }),
      lines: (style) => [...changeTable(changes, style), text],
    });
  if (changes.length === 0) {
    report('it is so already');
    return;
  }
  if (dryRun) {
    report('nothing was changed');
    return;
  }
  if (flags.yes !== true) io.stderr.write(`${changeTable(changes, PLAIN).join('\n')}\n`);
  await confirmChange(io, flags, 'This changes TLS for all programs of this machine. Go on?');
  if (question !== undefined) await confirmChange(io, flags, question);
  await library.applyChange(changes, {
    undoFile: flags.undo,
    comment: `schannel policy ${args.map((text) => (/\s/.test(text) ? `"${text}"` : text)).join(' ')}`,
  });
  report(afterwards(changes, flags.undo));
}

const PLAIN = {
  bold: (text: string) => text,
  dim: (text: string) => text,
  good: (text: string) => text,
  warn: (text: string) => text,
  bad: (text: string) => text,
};

function afterwards(changes: readonly Change[], undo: string | undefined): string {
  const when = new Set(changes.map(({ takesEffect }) => takesEffect));
  const effect = when.has('reboot')
    ? 'it counts after a restart of Windows at the latest'
    : when.has('restart of the service')
      ? 'it counts when the service that listens starts again'
      : 'new connections have it; services that keep credentials, such as IIS, after a restart';
  return `changed: ${effect}${undo === undefined ? '' : `. Undo: schannel policy undo ${undo}`}`;
}
