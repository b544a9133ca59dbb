import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import type { runProgram } from '../process/run-program.js';

/** A program that Windows runs twice a day. */
export interface ScheduledTask {
  /** 'schannel acme'. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** SYSTEM, whether somebody is logged on or not; otherwise this user, while logged on. */
  readonly account: 'system' | 'user';
  /** Minutes after midnight of the first run, from 0 to 719; the second one is twelve hours later. */
  readonly minute: number;
}

/**
 * Task Scheduler's XML (MS-TSCH §2.5). Only this form has a random delay, makes up for a run that was missed, and
 * starts no second process beside one that still runs.
 */
export function taskDefinition({ program, args, account, minute }: ScheduledTask): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const start = `2026-01-01T${two(Math.floor(minute / 60))}:${two(minute % 60)}:00`;
  const principal =
    account === 'system'
      ? '<UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>'
      : '<LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>';
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Renews certificates of ACME authorities.</Description></RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>${start}</StartBoundary>
      <Repetition><Interval>PT12H</Interval><Duration>P1D</Duration></Repetition>
      <RandomDelay>PT30M</RandomDelay>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals><Principal id="Author">${principal}</Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT2H</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>${escaped(program)}</Command><Arguments>${escaped(args.map(quoted).join(' '))}</Arguments></Exec>
  </Actions>
</Task>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char);

/** As CommandLineToArgvW() reads it: backslashes count only before a quotation mark. */
export const quoted = (arg: string): string =>
  /^[^\s"]+$/.test(arg)
    ? arg
    : `"${arg.replaceAll(/(\\*)("|$)/g, (_whole, slashes: string, mark: string) => slashes + slashes + (mark === '"' ? '\\"' : ''))}"`;

/** Programs of Windows by their full path: others of that name may be in the folder of the process. */
const schtasks = (): string =>
  path.win32.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'schtasks.exe');

const PATIENCE_MS = 60_000;

/** Makes the task, or replaces it. @throws SchannelError ERR_SCHANNEL_ACME_TASK */
export async function installTask(task: ScheduledTask, run: typeof runProgram): Promise<void> {
  const file = path.join(os.tmpdir(), `schannel-task-${randomUUID()}.xml`);
  // schtasks reads nothing else than UTF-16 with its byte order mark.
  await writeFile(file, `\uFEFF${taskDefinition(task)}`, { encoding: 'utf16le', flag: 'wx' });
  try {
    await schedule(['/create', '/tn', task.name, '/xml', file, '/f'], 'The task was not installed', run);
  } finally {
    await rm(file, { force: true });
  }
}

/** @throws SchannelError ERR_SCHANNEL_ACME_TASK, also if there is none */
export const removeTask = (name: string, run: typeof runProgram): Promise<void> =>
  schedule(['/delete', '/tn', name, '/f'], 'The task was not removed', run);

async function schedule(args: readonly string[], what: string, run: typeof runProgram): Promise<void> {
  try {
    await run(schtasks(), args, { timeout: PATIENCE_MS });
  } catch (error) {
    throw new SchannelError('ERR_SCHANNEL_ACME_TASK', `${what}: ${toError(error).message}`, {
      advice: 'Run the command as administrator.',
      cause: error,
    });
  }
}
