import { appendFile, rename, stat, writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { toError } from '../base/errors/to-error.js';
import type { CommandIO, OutputStream } from './terminal.js';

export interface LogFileOptions {
  readonly file: string;
  /** Begin with an empty file. */
  readonly overwrite: boolean;
  readonly now: () => Date;
  /** Lines come with their time. Default false. */
  readonly isTimed?: boolean;
  /** The file can't be written: once, until it can be again. */
  readonly failed: (error: Error) => void;
  /** Default: one file that grows. */
  readonly keep?: KeptFiles;
}

/** The newest file, and older ones with '.1', '.2', … behind their name. */
export interface KeptFiles {
  readonly count: number;
  /** Bytes of each, at most, but for a longer line. */
  readonly size: number;
}

/** The most that waits for a file that can't be written, in bytes of text. The rest is left out. */
const MOST_WAITING = 1 << 20;

/**
 * A log of lines with their times. The file is opened for each batch of lines, so it can be renamed or removed at any
 * time: the next lines make a new one.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #waiting = '';
  #partial = '';
  #writing: Promise<void> | null = null;
  #isNew: boolean;
  #hasFailed = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#isNew = options.overwrite;
  }

  /** Any part of a text with lines. Each gets the time in front, if it is no JSON. */
  write(part: string): void {
    const lines = `${this.#partial}${part}`.split('\n');
    this.#partial = lines.pop() ?? '';
    this.#add(lines);
  }

  /** The same as a stream, whose lines are its own: another one does not write into the middle of them. */
  stream(): Writable {
    let partial = '';
    return new Writable({
      decodeStrings: false,
      write: (chunk: Buffer | string, _encoding, done) => {
        const lines = `${partial}${String(chunk)}`.split('\n');
        partial = lines.pop() ?? '';
        this.#add(lines);
        done();
      },
      final: (done) => {
        if (partial !== '') this.#add([partial]);
        done();
      },
    });
  }

  /** The same streams, of which everything also goes into the file. */
  beside(io: CommandIO): CommandIO {
    return {
      // Not before somebody reads: the process would wait for it.
      get stdin() {
        return io.stdin;
      },
      stdout: this.#tee(io.stdout),
      stderr: this.#tee(io.stderr),
      env: io.env,
    };
  }

  /** Until everything is written that could be. */
  async close(): Promise<void> {
    if (this.#partial !== '') this.write('\n');
    await this.#writing;
  }

  #add(lines: readonly string[]): void {
    const time = this.#options.isTimed === true ? '' : `${this.#options.now().toISOString()} `;
    for (const line of lines) {
      const timed = line.startsWith('{') ? line : `${time}${line}`;
      if (this.#waiting.length < MOST_WAITING) this.#waiting += `${timed}\n`;
    }
    if (this.#waiting !== '') this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#waiting !== '') {
      const batch = this.#waiting;
      this.#waiting = '';
      try {
        await this.#append(batch);
        this.#isNew = false;
        this.#hasFailed = false;
      } catch (error) {
        if (!this.#hasFailed) this.#options.failed(toError(error));
        this.#hasFailed = true;
      }
    }
    this.#writing = null;
  }

  async #append(batch: string): Promise<void> {
    const { file, keep } = this.#options;
    if (keep === undefined) return (this.#isNew ? writeFile : appendFile)(file, batch);
    for (let rest = Buffer.from(batch); rest.length > 0;) {
      const { size } = await stat(file).catch(() => ({ size: 0 }));
      let part = linesWithin(rest, keep.size - size);
      if (part.length === 0) {
        if (size > 0) await startNext(file, keep.count);
        part = linesWithin(rest, Math.max(keep.size, rest.indexOf(LINE_FEED) + 1));
      }
      await appendFile(file, part);
      rest = rest.subarray(part.length);
    }
  }

  #tee(stream: OutputStream): OutputStream {
    const tee = new Writable({
      decodeStrings: false,
      write: (text: string | Buffer, _encoding, done) => {
        this.write(String(text));
        stream.write(text);
        done();
      },
    });
    return Object.assign(tee, { isTTY: stream.isTTY === true });
  }
}

const LINE_FEED = '\n'.charCodeAt(0);

/** The whole lines at the beginning that have so many bytes at most. */
const linesWithin = (lines: Buffer, room: number): Buffer =>
  lines.subarray(0, lines.subarray(0, Math.max(room, 0)).lastIndexOf(LINE_FEED) + 1);

/** What can't be renamed goes on to grow: a log that is too long is better than none. */
async function startNext(file: string, count: number): Promise<void> {
  for (let index = count - 2; index >= 0; index -= 1) {
    const from = index === 0 ? file : `${file}.${index}`;
    await rename(from, `${file}.${index + 1}`).catch(() => undefined);
  }
}
