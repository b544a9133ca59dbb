import * as files from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/**
 * A process that works on an authority: `node authority-child.js '{ "folder": …, "task": … }'`. It prints the serial
 * number of each certificate that it gets. It can be killed after a certain number of writes.
 */
export interface ChildTask {
  readonly folder: string;
  /** 'change' issues a certificate and revokes it; 'issue' issues many; 'import' makes the folder. */
  readonly task: 'change' | 'issue' | 'import';
  /** What is imported. */
  readonly source?: string;
  readonly count?: number;
  /** The write after which it is killed, from 1. */
  readonly killAfter?: number;
  /** Whether the last write is only half done. Then only what can be half done counts. */
  readonly torn?: boolean;
}

/** Killed like this, a process cannot put anything in order. */
function killMyself(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}

/** Counts what reaches the disk, through the module that the library uses. */
function killAfterWrites(limit: number, torn: boolean): void {
  const { promises } = files;
  let writes = 0;
  const isLast = (): boolean => {
    writes += 1;
    return writes === limit;
  };
  const counted =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const last = !torn && isLast();
      const result = await call(...args);
      if (last) killMyself();
      return result;
    };
  const { open, rename, unlink } = promises;
  promises.rename = counted(rename);
  promises.unlink = counted(unlink);
  promises.open = (async (file: string, flags?: string, mode?: number) => {
    const handle = await open(file, flags, mode);
    if (!torn && flags?.startsWith('w') === true && isLast()) killMyself();
    return watched(handle);
  }) as typeof open;

  function watched(handle: FileHandle): FileHandle {
    const { write, writeFile, truncate } = handle;
    const writeSome = write.bind(handle) as (
      bytes: Buffer,
      ...rest: number[]
    ) => Promise<{ bytesWritten: number }>;
    const writing = async (bytes: Buffer, at = 0, length = bytes.length, position = 0): Promise<object> => {
      const last = isLast();
      const result = await writeSome(bytes, at, last && torn ? Math.floor(length / 2) : length, position);
      if (last) killMyself();
      return result;
    };
    return Object.assign(handle, {
      write: writing,
      writeFile: counted(writeFile.bind(handle)),
      truncate: counted(truncate.bind(handle)),
    });
  }
}

async function main(): Promise<void> {
  const {
    folder,
    task,
    source = '',
    count = 1,
    killAfter = 0,
    torn = false,
  } = JSON.parse(process.argv[2] ?? '{}') as ChildTask;
  if (killAfter > 0) killAfterWrites(killAfter, torn);
  const { CertificateAuthority } = await import('#lib/apps/authority/certificate-authority.js');
  const { newKey, QUICK_KEY } = await import('./authority-folder.js');
  if (task === 'import') {
    await CertificateAuthority.importFrom(source, folder, { key: QUICK_KEY, sourcePassphrase: 'old' });
    return;
  }
  const authority = await CertificateAuthority.open(folder, { passphrase: 'secret' });
  for (let index = 0; index < count; index += 1) {
    const names = { dns: [`host${index}.process${process.pid}.example`] };
    const { certificate } = await authority.issue({ publicKey: newKey(), names });
    process.stdout.write(`${certificate?.serialNumber ?? ''}\n`);
    if (task === 'change') await authority.revoke(certificate?.serialNumber ?? '', { reason: 'superseded' });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
