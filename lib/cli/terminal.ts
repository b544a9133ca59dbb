import type { Readable, Writable } from 'node:stream';

import type { Style } from '../base/text/rows.js';

export type { Style } from '../base/text/rows.js';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean };
export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

/** What a command reads and writes. Outside of tests it is that of the process. */
export interface CommandIO {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Emphasis for one stream. The text stays as it is if the stream is no terminal or NO_COLOR is set. */
export function styleFor(stream: OutputStream, env: CommandIO['env']): Style {
  // https://no-color.org: any non-empty value counts
  const colour = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const mark =
    (on: number, off: number) =>
    (text: string): string =>
      colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: mark(1, 22),
    dim: mark(2, 22),
    good: mark(32, 39),
    warn: mark(33, 39),
    bad: mark(31, 39),
  };
}
