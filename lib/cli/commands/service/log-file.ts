import * as files from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { SerialQueue } from '../../../base/async/serial-queue.js';
import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';

/** How many files are kept, and how many bytes each has at most. */
const COUNT = 5;
const SIZE = 1_048_576;

/** The newest file; older ones have '.1', '.2', … behind their name. */
const NAME = 'service.log';

/** What a service writes, in files that do not grow without a limit. A log that can't be written does not stop it. */
export class LogFile {
  readonly #file: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #size: number;
  readonly #queue = new SerialQueue();

  constructor(folder: string, clock: Pick<Clock, 'now'> = SYSTEM_CLOCK, size = SIZE) {
    this.#file = path.join(folder, NAME);
    this.#clock = clock;
    this.#size = size;
  }

  /** One of the streams of a command: each of its lines gets the time in front, if it is no JSON. */
  stream(): Writable {
    let rest = '';
    return new Writable({
      decodeStrings: false,
      write: (chunk: Buffer | string, _encoding, done) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#add(line);
        done();
      },
      final: (done) => {
        if (rest !== '') this.#add(rest);
        done();
      },
    });
  }

  /** When everything is written. */
  flush(): Promise<void> {
    return this.#queue.run(() => Promise.resolve());
  }

  #add(line: string): void {
    const time = new Date(this.#clock.now()).toISOString();
    const text = line.startsWith('{') ? line : `${time} ${line}`;
    void this.#queue.run(() => this.#write(`${text}\n`)).catch(() => undefined);
  }

  async #write(line: string): Promise<void> {
    const { size } = await files.stat(this.#file).catch(() => ({ size: 0 }));
    if (size > 0 && size + Buffer.byteLength(line) > this.#size) await this.#rotate();
    await files.appendFile(this.#file, line);
  }

  async #rotate(): Promise<void> {
    for (let index = COUNT - 2; index >= 0; index -= 1) {
      const from = index === 0 ? this.#file : `${this.#file}.${index}`;
      await files.rename(from, `${this.#file}.${index + 1}`).catch(() => undefined);
    }
  }
}

/** The last lines of a log, the oldest first. None without a log. @throws Error of node:fs */
export async function lastLines(folder: string, count: number): Promise<string[]> {
  const file = path.join(folder, NAME);
  let lines: string[] = [];
  for (let index = 0; index < COUNT && lines.length < count; index += 1) {
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
