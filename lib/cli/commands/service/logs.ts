import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import { logFolderOf } from '../../../windows/service/log-folder.js';
import { wholeNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { lastLines } from './log-file.js';

interface LogFlags {
  readonly lines: number;
  readonly events?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel service logs`. */
export function addLogsCommand(service: Command, context: CommandContext): void {
  service
    .command('logs')
    .summary('show what a service has written')
    .description(
      'Shows the last lines that a service has written, or with --events what it has written into the event log of Windows.',
    )
    .argument('<name>', 'name of the service')
    .option('--lines <number>', 'how many', wholeNumber(1, 1000), 50)
    .option('--events', 'from the log "Application" of Windows')
    .option('--json', 'write one JSON object to standard output')
    .action((name: string, flags: LogFlags) => runLogs(name, flags, context));
}

async function runLogs(name: string, flags: LogFlags, { io, service }: CommandContext): Promise<void> {
  if (flags.events === true) {
    const events = [...(await service.serviceEvents(name, { most: flags.lines }))].reverse();
    writeReport(io, flags, {
      facts: () => ({ ok: true, name, events, error: null }),
      lines: (style) =>
        events.map(({ time, level, text }) => {
          const line = `${time.toISOString()} ${printable(text, 4000)}`;
          return level === 'error' ? style.bad(line) : level === 'warning' ? style.warn(line) : line;
        }),
    });
    return;
  }
  // Only of services that are ours.
  await service.serviceStatus(name);
  const lines = await lastLines(logFolderOf(name, io.env), flags.lines);
  writeReport(io, flags, {
    facts: () => ({ ok: true, name, lines, error: null }),
    lines: () => lines.map((line) => printable(line, 4000)),
  });
}
