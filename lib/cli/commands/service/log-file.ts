import * as files from 'node:fs/promises';
import path from 'node:path';
import { type KeptFiles, LogFile } from '../../log-file.js';

const NAME = 'service.log';

const KEPT: KeptFiles = { count: 5, size: 1_048_576 };

/** The log of a service, which does not grow without a limit. If it can't be written, the service runs on. */
export const openLog = (folder: string, now = (): Date => new Date(), keep = KEPT): LogFile =>
  new LogFile({ file: path.join(folder, NAME), overwrite: false, now, keep, failed: () => undefined });

/** The last lines of a log, the oldest first. None without a log. @throws Error of node:fs */
export async function lastLines(folder: string, count: number): Promise<string[]> {
  const file = path.join(folder, NAME);
  let lines: string[] = [];
  for (let index = 0; index < KEPT.count && lines.length < count; index += 1) {
    const text = await readIfThere(index === 0 ? file : `${file}.${index}`);
    if (text === null) break;
    lines = [...text.split('\n').filter((line) => line !== ''), ...lines];
  }
  return lines.slice(-count);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await files.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
