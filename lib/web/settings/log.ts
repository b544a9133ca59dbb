import * as files from 'node:fs/promises';
import path from 'node:path';
import { SerialQueue } from '../../base/async/serial-queue.js';
import type { ProblemDocument } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

export type LogLevel = 'info' | 'success' | 'warning' | 'error';

/** One step, for people and for programs. */
export interface LogEntry {
  /** From 1 on; it increases with each entry. */
  readonly id: number;
  readonly time: Date;
  readonly level: LogLevel;
  /** A sentence. */
  readonly text: string;
  /** URL of the order; null if it is about none. */
  readonly order: string | null;
  /** The name that it is about; null if it is about none. */
  readonly name: string | null;
  /** A code of an error; null if it is none. */
  readonly code: string | null;
  /** What the authority says; null if it says nothing. */
  readonly problem: ProblemDocument | null;
}

export type NewLogEntry = Pick<LogEntry, 'level' | 'text'> & Partial<Omit<LogEntry, 'id' | 'time'>>;

export interface SettingsLogOptions {
  /** A file of JSON lines; null for none. Older ones have '.1', '.2', … behind their name. */
  readonly file: string | null;
  readonly now: () => number;
  /** How many entries are kept in memory. Default 500. */
  readonly size?: number;
  /** How many files are kept, and how many bytes each may have. Default 5 and 1 MiB. */
  readonly fileCount?: number;
  readonly fileSize?: number;
}

/** How much of a sentence is kept. */
const LONGEST_TEXT = 1000;

/**
 * What has happened: the last entries in memory, more of them in files. Secrets are removed before an entry is kept
 * anywhere.
 */
export class SettingsLog {
  readonly #options: Required<SettingsLogOptions>;
  readonly #queue = new SerialQueue();
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  #entries: LogEntry[] = [];
  #last = 0;
  #secrets: readonly string[] = [];

  private constructor(options: SettingsLogOptions) {
    this.#options = { size: 500, fileCount: 5, fileSize: 1_048_576, ...options };
  }

  /** Begins with the entries that the file has. A line that can't be read is left out. */
  static async open(options: SettingsLogOptions): Promise<SettingsLog> {
    const log = new SettingsLog(options);
    if (options.file === null) return log;
    await files.mkdir(path.dirname(options.file), { recursive: true });
    const text = await files.readFile(options.file, 'utf8').catch(() => '');
    log.#entries = text
      .split('\n')
      .flatMap(entryIn)
      .slice(-log.#options.size)
      .map((entry) => ({ ...entry, id: (log.#last += 1) }));
    return log;
  }

  /** The latest entries, the oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Values that must not be shown, whatever contains them. */
  hide(secrets: readonly string[]): void {
    this.#secrets = secrets
      .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
      // 'bar.example=password'
      .flatMap((secret) => [secret, secret.slice(secret.indexOf('=') + 1)])
      .filter((secret) => secret.length >= SHORTEST_SECRET)
      // One that begins with another would otherwise show its end.
      .sort((one, other) => other.length - one.length);
  }

  add(entry: NewLogEntry): void {
    const whole: LogEntry = this.#filtered({
      id: (this.#last += 1),
      time: new Date(this.#options.now()),
      order: null,
      name: null,
      code: null,
      problem: null,
      ...entry,
    });
    this.#entries = [...this.#entries, whole].slice(-this.#options.size);
    for (const listener of this.#listeners) listener(whole);
    void this.#queue.run(() => this.#write(whole)).catch(() => undefined);
  }

  /** @returns a function that ends it */
  listen(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Text without secrets, on one line. */
  filter(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, HIDDEN);
    for (const pattern of SECRET_FORMS) clean = clean.replace(pattern, `$1${HIDDEN}`);
    return printable(clean, LONGEST_TEXT);
  }

  /** Until everything is on disk. */
  flush(): Promise<void> {
    return this.#queue.run(() => Promise.resolve());
  }

  #filtered(entry: LogEntry): LogEntry {
    return JSON.parse(
      JSON.stringify(entry, (_name, value: unknown) =>
        typeof value === 'string' ? this.filter(value) : value,
      ),
      (name, value: unknown) => (name === 'time' ? new Date(String(value)) : value),
    ) as LogEntry;
  }

  async #write(entry: LogEntry): Promise<void> {
    const { file, fileSize } = this.#options;
    if (file === null) return;
    const line = `${JSON.stringify(entry)}\n`;
    const size = await files.stat(file).then(
      (facts) => facts.size,
      () => 0,
    );
    if (size > 0 && size + Buffer.byteLength(line) > fileSize) await this.#rotate(file);
    await files.appendFile(file, line, { mode: 0o600 });
  }

  async #rotate(file: string): Promise<void> {
    const names = Array.from({ length: this.#options.fileCount }, (_, at) =>
      at === 0 ? file : `${file}.${String(at)}`,
    );
    for (let at = names.length - 1; at > 0; at -= 1) {
      const [from = '', to = ''] = [names[at - 1], names[at]];
      await files.rename(from, to).catch(() => undefined);
    }
  }
}

/** Shorter ones are parts of words. */
const SHORTEST_SECRET = 4;
const HIDDEN = '•••';

/** Secrets that nobody has named: those of headers, of URLs and of JSON. */
const SECRET_FORMS: readonly RegExp[] = [
  /((?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi,
  /(authorization["']?\s*[:=]\s*["']?)[^\s"',]+/gi,
  /("?(?:password|passphrase|secret|token|hmac|api[_-]?key|x-api-key)"?\s*[:=]\s*"?)[^\s"',&]{3,}/gi,
  /(\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g,
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?=-----END|$)/g,
];

function entryIn(line: string): LogEntry[] {
  try {
    const document: unknown = JSON.parse(line);
    if (typeof document !== 'object' || document === null) return [];
    const { text, level, time } = document as Partial<Record<keyof LogEntry, unknown>>;
    if (typeof text !== 'string' || typeof level !== 'string' || typeof time !== 'string') return [];
    return [{ ...(document as LogEntry), time: new Date(time) }];
  } catch {
    return [];
  }
}
