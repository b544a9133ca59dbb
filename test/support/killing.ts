import * as files from 'node:fs';

/** Killed like this, a process can't put anything in order. */
function killMyself(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}

/**
 * Has this process killed after so many changes of files, from 1. It counts through the module that the library uses.
 */
export function killAfterChanges(limit: number): void {
  const { promises } = files;
  let changes = 0;
  const counted =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const result = await call(...args);
      changes += 1;
      if (changes === limit) killMyself();
      return result;
    };
  const { open, rename, unlink } = promises;
  promises.rename = counted(rename);
  promises.unlink = counted(unlink);
  promises.open = (async (file: string, flags?: string, mode?: number) => {
    const handle = await open(file, flags, mode);
    return Object.assign(handle, { writeFile: counted(handle.writeFile.bind(handle)) });
  }) as typeof open;
}

/** A file appears with its whole content. */
export async function appear(file: string, content: string): Promise<void> {
  files.writeFileSync(`${file}.new`, content);
  await files.promises.rename(`${file}.new`, file);
}

/** A file that is not there counts as removed. */
export async function disappear(file: string): Promise<void> {
  await files.promises.unlink(file).catch(() => undefined);
}

/** Whether a program killed itself. On Windows its parent only sees the code 1, and a program that fails prints why. */
export const wasKilled = (child: {
  readonly signal: string | null;
  readonly status: number | null;
  readonly stderr: string;
}): boolean =>
  process.platform === 'win32' ? child.status === 1 && child.stderr === '' : child.signal === 'SIGKILL';
