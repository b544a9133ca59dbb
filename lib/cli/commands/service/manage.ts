import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { ServiceStatus } from '../../../service.js';
import { duration, type Duration } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import type { Style } from '../../terminal.js';

interface ManageFlags {
  readonly timeout?: Duration;
  readonly json?: boolean;
}

type Change = 'start' | 'stop' | 'restart';

const CHANGES: Readonly<Record<Change, string>> = {
  start: 'start a service, and wait until it runs',
  stop: 'stop a service, and wait until its connections have ended',
  restart: 'stop a service, and start it again',
};

/** Adds `schannel service start`, `stop`, `restart`, `status` and `reload`. */
export function addManageCommands(service: Command, context: CommandContext): void {
  for (const change of ['start', 'stop', 'restart'] as const) {
    service
      .command(change)
      .description(`${CHANGES[change].charAt(0).toUpperCase()}${CHANGES[change].slice(1)}.`)
      .summary(CHANGES[change])
      .argument('<name>', 'name of the service')
      .option('--timeout <time>', 'how long to wait (default: 60s)', duration)
      .option('--json', 'write one JSON object to standard output')
      .action(async (name: string, flags: ManageFlags) => {
        const run = {
          start: context.service.startService,
          stop: context.service.stopService,
          restart: context.service.restartService,
        }[change];
        report(await run(name, { timeout: flags.timeout?.milliseconds ?? 60_000 }), flags, context);
      });
  }
  service
    .command('status')
    .summary('show whether a service runs')
    .description('Shows the state of a service, its process, and how it ended last.')
    .argument('<name>', 'name of the service')
    .option('--json', 'write one JSON object to standard output')
    .action(async (name: string, flags: ManageFlags) => {
      report(await context.service.serviceStatus(name), flags, context);
    });
  service
    .command('reload')
    .summary('have a service read its settings again')
    .description('Has a service that runs read its settings again. Its log has the result.')
    .argument('<name>', 'name of the service')
    .option('--json', 'write one JSON object to standard output')
    .action(async (name: string, flags: ManageFlags) => {
      await context.service.reloadService(name);
      writeReport(context.io, flags, {
        facts: () => ({ ok: true, name, error: null }),
        lines: () => [`the service ${name} reads its settings again; see: schannel service logs ${name}`],
      });
    });
}

function report(status: ServiceStatus, flags: ManageFlags, { io }: CommandContext): void {
  writeReport(io, flags, {
    facts: () => ({ ok: true, ...status, error: null }),
    lines: (style) => linesOf(status, style),
  });
}

function linesOf(status: ServiceStatus, style: Style): string[] {
  const { name, state, pid, exitCode, isOwnExitCode, start, account, command } = status;
  const mark = state === 'running' || exitCode === 0 ? style.good(state) : style.bad(state);
  const process = pid === null ? '' : `, process ${pid}`;
  const end =
    state !== 'stopped' || exitCode === 0
      ? ''
      : `, with ${isOwnExitCode ? 'exit code' : 'Windows error'} ${exitCode}`;
  return [
    `${style.bold(name)}  ${mark}${process}${end}`,
    `  starts   ${start === 'auto' ? 'with Windows' : start === 'demand' ? 'by hand' : 'never'}`,
    `  account  ${printable(account === '' ? 'LocalSystem' : account)}`,
    `  command  ${printable(command.join(' '), 1000)}`,
  ];
}
