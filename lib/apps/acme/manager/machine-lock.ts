import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, pauseFor } from '../../../base/async/clock.js';
import { abortError } from '../../../base/errors/abort-error.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';

/** Runs a task while nobody else runs one. @throws what the task throws; AbortError */
export type MachineLock = <Value>(
  task: () => Promise<Value>,
  signal: AbortSignal | undefined,
) => Promise<Value>;

/** Opens a file that nobody else can open until it is closed. @throws Error EBUSY if somebody has it open */
export type OpenExclusively = (file: string) => Promise<Pick<FileHandle, 'close'>>;

/**
 * UV_FS_O_EXLOCK of libuv: CreateFileW() without sharing. The file is free again as soon as the process has ended, for
 * any reason, and it excludes every account that may open the folder. A mutex of Windows would need an access list for
 * that, and a file with the number of a process would outlive the process.
 */
const WITHOUT_SHARING = 0x10000000;

export const openExclusively: OpenExclusively = (file) =>
  open(file, constants.O_RDWR | constants.O_CREAT | WITHOUT_SHARING);

/** Between two attempts. */
const PAUSE_MS = 250;
/** An order takes ten minutes at most. */
const PATIENCE_MS = 30 * 60_000;

/**
 * The lock of a state folder, which must be there, for all processes and accounts of the machine.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_BUSY if others have it for half an hour, ERR_SCHANNEL_ACME_STATE if the
 *   folder can't be written
 */
export const machineLock =
  (folder: string, clock: Clock, openFile: OpenExclusively = openExclusively): MachineLock =>
  async (task, signal) => {
    const file = await take(path.join(folder, 'lock'), clock, openFile, signal);
    try {
      return await task();
    } finally {
      await file.close();
    }
  };

async function take(
  file: string,
  clock: Clock,
  openFile: OpenExclusively,
  signal: AbortSignal | undefined,
): Promise<Pick<FileHandle, 'close'>> {
  const deadline = clock.now() + PATIENCE_MS;
  for (;;) {
    if (signal?.aborted === true) throw abortError(signal.reason);
    try {
      return await openFile(file);
    } catch (error) {
      if (errorCode(error) !== 'EBUSY') throw notPermitted(file, error);
    }
    if (clock.now() >= deadline) throw busy(file);
    const pause = pauseFor(clock, PAUSE_MS);
    const end = (): void => {
      pause.end();
    };
    signal?.addEventListener('abort', end, { once: true });
    await pause.over;
    signal?.removeEventListener('abort', end);
  }
}

const busy = (file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_BUSY', 'Another process has been at work for half an hour', {
    advice: `End it if it hangs: it has ${file} open.`,
  });

const notPermitted = (file: string, cause: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `${file} could not be opened for writing`, {
    advice: 'Give this account the right to write there, or choose another folder with `state`.',
    cause,
  });
