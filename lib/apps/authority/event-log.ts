import { hash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { type AuthorityEvent, isLoggedEvent, type LoggedEvent } from './events.js';
import { damagedAuthority } from './errors.js';

/** The hash before the first line. */
export const FIRST_HASH = '0'.repeat(64);

/** No event is longer: a certificate has some kilobytes. */
const LONGEST_LINE = 1 << 20;

const CHUNK = 1 << 18;
const LINE_END = 0x0a;

/**
 * The log of an authority: one JSON object a line, each with the hash of the line before it. A change of any line
 * changes all hashes after it. Lines are only ever added, and each is on the disk before append() resolves.
 */
export class EventLog {
  #file: string;
  readonly #folder: string;
  #count = 0;
  #head = FIRST_HASH;
  /** Bytes of the lines that were read. */
  #size = 0;
  #torn = 0;

  /** @param folder for errors */
  constructor(file: string, folder: string) {
    this.#file = file;
    this.#folder = folder;
  }

  /** Number of lines. */
  get count(): number {
    return this.#count;
  }

  /** Hash of the last line. With a note of it, anyone can show later that nothing before it was changed. */
  get head(): string {
    return this.#head;
  }

  /** Bytes after the last line end: what is left of a line whose writer was interrupted. */
  get torn(): number {
    return this.#torn;
  }

  /**
   * Reads the lines that were added since the last call.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_DAMAGED, with the number of the line
   */
  async read(onEvent: (event: LoggedEvent) => void): Promise<void> {
    const handle = await open(this.#file, 'r');
    try {
      await this.#readFrom(handle, onEvent);
    } finally {
      await handle.close();
    }
  }

  async #readFrom(handle: FileHandle, onEvent: (event: LoggedEvent) => void): Promise<void> {
    const { size } = await handle.stat();
    if (size < this.#size) throw this.#damaged('is shorter than before');
    let rest: Buffer = Buffer.alloc(0);
    for (let at = this.#size; at < size;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      rest = this.#takeLines(Buffer.concat([rest, chunk.subarray(0, bytesRead)]), onEvent);
      if (rest.length > LONGEST_LINE) throw this.#damaged('is too long');
    }
    this.#torn = rest.length;
  }

  /** @returns what follows the last line end */
  #takeLines(bytes: Buffer, onEvent: (event: LoggedEvent) => void): Buffer {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_END, start) + 1;
      if (end === 0) return bytes.subarray(start);
      const line = bytes.subarray(start, end);
      const event = this.#parse(line);
      this.#accept(line);
      onEvent(event);
      start = end;
    }
  }

  #parse(line: Buffer): LoggedEvent {
    let value: unknown;
    try {
      value = JSON.parse(line.toString('utf8'));
    } catch (cause) {
      throw this.#damaged('is not JSON', cause);
    }
    if (!isLoggedEvent(value)) throw this.#damaged('is no event, or one of a later version of this program');
    if (value.n !== this.#count + 1) throw this.#damaged(`says that it is line ${value.n}`);
    if (value.before !== this.#head)
      throw this.#damaged('does not follow from the line before it, which was changed');
    return value;
  }

  #accept(line: Buffer): void {
    this.#count += 1;
    this.#size += line.length;
    this.#head = hash('sha256', line);
  }

  /** Adds an event. Only for the process that has the lock, and has read all lines. */
  async append(event: AuthorityEvent, time: string): Promise<LoggedEvent> {
    const logged: LoggedEvent = { n: this.#count + 1, time, ...event, before: this.#head };
    // Otherwise the log could never be read again.
    if (!isLoggedEvent(logged)) throw new TypeError(`the event ${event.event} is malformed`);
    const line = Buffer.from(`${JSON.stringify(logged)}\n`);
    if (line.length > LONGEST_LINE) throw new TypeError(`the event ${event.event} is too long`);
    const handle = await open(this.#file, 'r+');
    try {
      const { size } = await handle.stat();
      if (size !== this.#size) throw this.#damaged('is followed by others that nobody has read');
      await this.#write(handle, line);
    } finally {
      await handle.close();
    }
    this.#accept(line);
    return logged;
  }

  async #write(handle: FileHandle, line: Buffer): Promise<void> {
    try {
      await writeAll(handle, line, this.#size);
      await handle.sync();
    } catch (error) {
      // A full disk must not leave half a line. If this fails too, the next process removes it.
      await handle.truncate(this.#size).catch(() => undefined);
      throw error;
    }
  }

  /** Gives the file another name, in the same folder. It is on the disk when this resolves. */
  async rename(file: string): Promise<void> {
    await rename(this.#file, file);
    this.#file = file;
    // Windows does not open folders as files. There, the file system's own log keeps the order.
    if (process.platform === 'win32') return;
    const folder = await open(path.dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Removes what is left of a line. Only for the process that has the lock. */
  async removeTorn(): Promise<void> {
    const handle = await open(this.#file, 'r+');
    try {
      await handle.truncate(this.#size);
      await handle.sync();
    } finally {
      await handle.close();
    }
    this.#torn = 0;
  }

  #damaged(what: string, cause?: unknown): Error {
    return damagedAuthority(this.#folder, `is damaged: line ${this.#count + 1} of its log ${what}`, cause);
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
