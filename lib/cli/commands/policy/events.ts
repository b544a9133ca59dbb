import type { Command } from 'commander';
import type { SchannelEventGroup } from '../../../policy.js';
import { duration, type Duration } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import type { Style } from '../../terminal.js';

interface EventFlags {
  readonly since?: Duration;
  readonly json?: boolean;
}

/** Adds `schannel policy events`. */
export function addEventsCommand(policy: Command, { io, policy: library }: CommandContext): void {
  policy
    .command('events')
    .summary('show what Schannel has logged, and what it means')
    .description(
      "Shows what Schannel has written into Windows' System log: grouped by number and alert, with meaning and remedy.",
    )
    .option('--since <time>', 'how far back: 1h, 2d (default: 1h)', duration)
    .option('--json', 'write one JSON object to standard output')
    .action(async (flags: EventFlags) => {
      const events = await library.schannelEvents({ since: flags.since?.milliseconds });
      writeReport(io, flags, {
        facts: () => ({ ok: true, events, error: null }),
        lines: (style) =>
          events.length === 0
            ? ['Schannel has logged nothing in this time']
            : events.flatMap((group) => linesOf(group, style)),
      });
    });
}

function linesOf(
  { id, name, alert, count, last, meaning, remedy, data }: SchannelEventGroup,
  style: Style,
): string[] {
  const about =
    alert === null ? '' : `, alert ${alert.description}${alert.name === null ? '' : ` ${alert.name}`}`;
  return [
    `${style.bold(`${id} ${name ?? 'unknown event'}`)}${about}: ${count === 1 ? 'once, on' : `${count} times, the last on`} ${last.toISOString()}`,
    ...(meaning === null ? [`  ${data.join(', ')}`] : [`  ${meaning}`]),
    ...(remedy === null ? [] : [`  ${remedy}`]),
  ];
}
