import { styleFor, type Style, type CommandIO } from './terminal.js';
import { toJson } from './json.js';

/** The result of a command, for programs and for people. */
export interface Report {
  /** The object of --json. */
  readonly facts: () => object;
  /** The same for a person. */
  readonly lines: (style: Style) => readonly string[];
}

/** Writes one of the two forms to standard output. */
export function writeReport(
  { stdout, env }: CommandIO,
  flags: { readonly json?: boolean },
  { facts, lines }: Report,
): void {
  const text = flags.json ? toJson(facts(), 2) : lines(styleFor(stdout, env)).join('\n');
  if (text !== '') stdout.write(`${text}\n`);
}
