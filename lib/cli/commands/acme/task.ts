import { randomInt } from 'node:crypto';
import path from 'node:path';
import type { Command } from 'commander';
import type { ManagerOptions } from '../../../apps/acme/manager/options.js';
import { requireForSystem } from '../../../apps/acme/manager/state-folder.js';
import { runProgram } from '../../../apps/acme/process/run-program.js';
import { installTask, removeTask, type ScheduledTask } from '../../../apps/acme/task/scheduled-task.js';
import { printable } from '../../../base/text/printable.js';
import { parseStoreName } from '../../../windows/store/store-name.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { addStateFlags, configuredOptions, type StateFlags, stateOf } from './configured.js';

type TaskFlags = StateFlags & ChangeFlags;

const NAME = 'schannel acme';

/** What changes tasks: Windows' own program. */
export type RunTask = typeof runProgram;

/** Adds `schannel acme task`. */
export function addTaskCommand(acme: Command, context: CommandContext, run: RunTask = runProgram): void {
  const task = acme
    .command('task')
    .summary('have Windows renew certificates twice a day')
    .description(
      'Has Windows run "schannel acme renew" twice a day, whether a program of yours runs or not.',
    );
  const install = task
    .command('install')
    .summary('make the task, or replace it')
    .description(
      'Makes a scheduled task that renews the certificates. It runs as SYSTEM if all stores are those of the machine, and ' +
        'otherwise as this user while logged on: nobody else has these stores.',
    );
  addChangeFlags(addStateFlags(install)).action((flags: TaskFlags) => runInstall(flags, context, run));
  const remove = task
    .command('remove')
    .summary('remove the task')
    .description('Removes the scheduled task. Certificates stay.');
  addChangeFlags(remove.option('--json', 'write one JSON object to standard output')).action(
    (flags: TaskFlags) => runRemove(flags, context, run),
  );
}

async function runInstall(flags: TaskFlags, context: CommandContext, run: RunTask): Promise<void> {
  const { io } = context;
  const options = await configuredOptions(flags, context, 'unused');
  const task = taskFor(options, stateOf(flags, io));
  // Otherwise it would only be seen when the task has failed.
  if (task.account === 'system') await requireForSystem(stateOf(flags, io));
  const account = task.account === 'system' ? 'SYSTEM' : 'this user, while logged on';
  const warnings = task.account === 'system' ? [task.program, ...task.args].filter(isOfUser).map(unsafe) : [];
  for (const warning of warnings) io.stderr.write(`${warning}\n`);
  await confirmChange(io, flags, `Have Windows renew the certificates twice a day, as ${account}?`);
  if (flags.dryRun !== true) await installTask(task, run);
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun: flags.dryRun === true, task, warnings, error: null }),
    lines: () => [
      `${flags.dryRun === true ? 'Would be' : 'Is'} run twice a day as ${account}: ${commandOf(task)}`,
    ],
  });
}

function taskFor({ certificates }: ManagerOptions, state: string): ScheduledTask {
  const isMachine = certificates.every(
    ({ store }) => !parseStoreName(store ?? 'MY').location.startsWith('CurrentUser'),
  );
  return {
    name: NAME,
    program: process.execPath,
    args: [path.resolve(process.argv[1] ?? ''), 'acme', 'renew', '--state', state],
    account: isMachine ? 'system' : 'user',
    minute: randomInt(720),
  };
}

/** Below the profile of a user, who could put another program there. */
const isOfUser = (text: string): boolean => /^[A-Z]:\\Users\\/i.test(text);

const unsafe = (file: string): string =>
  `SYSTEM would run ${printable(file)}, which a user can change. Install Node.js and schannel where only administrators can write`;

const commandOf = ({ program, args }: ScheduledTask): string => printable([program, ...args].join(' '), 500);

async function runRemove(flags: TaskFlags, { io }: CommandContext, run: RunTask): Promise<void> {
  await confirmChange(
    io,
    flags,
    'Remove the task? Nothing renews the certificates then, unless a program does',
  );
  if (flags.dryRun !== true) await removeTask(NAME, run);
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun: flags.dryRun === true, error: null }),
    lines: () => [flags.dryRun === true ? 'The task would be removed' : 'The task was removed'],
  });
}
