import { styleFor, type Style, type CommandIO } from './terminal.js';
import { toJson } from './json.js';

/** What came of a command, for the two kinds of reader. */
export interface Report {
  /** The object of --json. */
  readonly facts: () => object;
  /** The same for a person. */
  readonly lines: (style: Style) => readonly string[];
}

/** Writes the one form or the other to standard output. */
export function writeReport(
  { stdout, env }: CommandIO,
  flags: { readonly json?: boolean },
  { facts, lines }: Report,
): void {
  const text = flags.json ? toJson(facts(), 2) : lines(styleFor(stdout, env)).join('\n');
  if (text !== '') stdout.write(`${text}\n`);
}
