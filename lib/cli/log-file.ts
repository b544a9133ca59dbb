import { appendFile, writeFile } from 'node:fs/promises';
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
    const time = this.#options.isTimed === true ? '' : `${this.#options.now().toISOString()} `;
    for (const line of lines) {
      const timed = line.startsWith('{') ? line : `${time}${line}`;
      if (this.#waiting.length < MOST_WAITING)
        this.#waiting += `${timed}
`;
    }
    if (this.#waiting !== '') this.#writing ??= this.#flush();
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

  async #flush(): Promise<void> {
    while (this.#waiting !== '') {
      const batch = this.#waiting;
      this.#waiting = '';
      try {
        await (this.#isNew ? writeFile : appendFile)(this.#options.file, batch);
        this.#isNew = false;
        this.#hasFailed = false;
      } catch (error) {
        if (!this.#hasFailed) this.#options.failed(toError(error));
        this.#hasFailed = true;
      }
    }
    this.#writing = null;
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
