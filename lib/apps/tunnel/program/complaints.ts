import type { Readable } from 'node:stream';

/** UTF-16 units of a line. */
const LONGEST_LINE = 300;

/** Of one program. */
const MOST_LINES = 20;

/** Passes on what a program writes to its standard error, line by line. Of a long text, only the beginning. */
export function tellComplaints(stream: Readable, tell: (line: string) => void): void {
  let told = 0;
  let line = '';
  const end = (): void => {
    if (line.trim() !== '' && told < MOST_LINES)
      tell(told === MOST_LINES - 1 ? `${line} … (and more)` : line);
    if (line.trim() !== '') told += 1;
    line = '';
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    // It is read to the end in any case: the program must not wait.
    if (told >= MOST_LINES) return;
    const [first = '', ...others] = text.split(/\r?\n/, MOST_LINES + 1);
    line = (line + first).slice(0, LONGEST_LINE);
    for (const other of others) {
      end();
      line = other.slice(0, LONGEST_LINE);
    }
  });
  stream.on('end', end);
  stream.on('error', () => undefined);
}
