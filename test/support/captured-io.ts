import { PassThrough, Readable, Writable } from 'node:stream';
import type { InputStream, OutputStream, CommandIO } from '#lib/cli/terminal.js';

/** CommandIO of a command whose output can be read. */
export interface CapturedIO extends CommandIO {
  output(): string;
  errors(): string;
}

export interface CapturedIOOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; by default empty. */
  readonly stdin?: InputStream;
  /** Both outputs are terminals. */
  readonly terminal?: boolean;
}

export function capturedIO(options: CapturedIOOptions = {}): CapturedIO {
  const stdout = new Sink(options.terminal ?? false);
  const stderr = new Sink(options.terminal ?? false);
  return {
    stdin: options.stdin ?? Readable.from([]),
    stdout,
    stderr,
    env: options.env ?? {},
    output: () => stdout.text,
    errors: () => stderr.text,
  };
}

class Sink extends Writable implements OutputStream {
  text = '';

  constructor(readonly isTTY: boolean) {
    super({ decodeStrings: false });
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A keyboard: what is typed on it, and whether it echoes. */
export class Keyboard extends PassThrough implements InputStream {
  readonly isTTY = true;
  /** Every change of raw mode. */
  readonly modes: boolean[] = [];

  setRawMode(raw: boolean): this {
    this.modes.push(raw);
    return this;
  }
}
