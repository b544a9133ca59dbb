import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import { deferred } from '../../../base/async/deferred.js';
import { logFolderOf } from '../../../windows/service/log-folder.js';
import { type Duration, wholeNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { untilTime } from '../../ending.js';
import type { ExitCode } from '../../exit-code.js';
import type { Lifecycle } from '../../lifecycle.js';
import { openLog } from './log-file.js';

interface RunFlags {
  readonly stopsWithin: number;
}

/** Adds `schannel service run`, which Windows runs. */
export function addRunCommand(service: Command, context: CommandContext): void {
  service
    .command('run', { hidden: true })
    .description('What Windows runs as the service.')
    .argument('<name>', 'name of the service')
    .argument('<command...>', 'after --: the command with its options')
    .option(
      '--stops-within <ms>',
      'milliseconds that it may take to stop',
      wholeNumber(1, 86_400_000),
      35_000,
    )
    .action((name: string, args: readonly string[], flags: RunFlags) =>
      runService(name, args, flags, context),
    );
}

async function runService(
  name: string,
  args: readonly string[],
  { stopsWithin }: RunFlags,
  { io, service, runCommand, exit }: CommandContext,
): Promise<void> {
  const log = openLog(logFolderOf(name, io.env));
  const streams = { stdin: new PassThrough().end(), stdout: log.stream(), stderr: log.stream(), env: io.env };
  const { lifecycle, running, stop, reload } = serviceLifecycle();
  let command: Promise<ExitCode> | null = null;
  const code = await service.runAsService({
    name,
    stopsWithin,
    onStart: async (self) => {
      const ended = (command = runCommand(args, streams, lifecycle));
      // However it ends, the service ends with it.
      void ended.then(() => {
        self.stop();
      });
      await Promise.race([running, ended]);
    },
    onReload: reload,
    onStop: async () => {
      stop();
      const result = await command;
      streams.stdout.end();
      streams.stderr.end();
      await Promise.all([finished(streams.stdout), finished(streams.stderr)]);
      await log.close();
      return result;
    },
  });
  exit(code as ExitCode);
}

/** The service manager as the owner of a command. */
function serviceLifecycle(): {
  readonly lifecycle: Lifecycle;
  readonly running: Promise<void>;
  readonly stop: () => void;
  readonly reload: () => Promise<void>;
} {
  const running = deferred();
  const stopped = deferred();
  const reloads = new Set<() => Promise<void>>();
  return {
    lifecycle: {
      begin: () => true,
      untilEnded: (limit: Duration | undefined) =>
        limit === undefined ? stopped.promise : untilTime(limit, stopped.promise),
      onReload: (reload) => {
        reloads.add(reload);
        return () => void reloads.delete(reload);
      },
      report: ({ state }) => {
        if (state === 'running') running.resolve();
      },
    },
    running: running.promise,
    stop: stopped.resolve,
    reload: async () => {
      for (const reload of reloads) await reload();
    },
  };
}
