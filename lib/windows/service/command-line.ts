import path from 'node:path';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/** What CreateProcessW takes, without the terminator. */
const LONGEST = 32_766;

/**
 * The command line of a service. Every part is in quotes: in an unquoted 'C:\Program Files\x.exe', Windows would try
 * 'C:\Program.exe' first, which others may be able to put there.
 *
 * @param program an absolute path
 * @throws SchannelError ERR_SCHANNEL_SERVICE_COMMAND for what the service manager would read differently
 */
export function serviceCommandLine(program: string, args: readonly string[]): string {
  if (!path.win32.isAbsolute(program) || /^[\\/](?![\\/])/.test(program)) {
    throw refused(`${printable(program)} is no absolute path`, 'A service starts in another folder.');
  }
  // The program ends at the next quote: there is no way to write one in it, and Windows permits none.
  if (program.includes('"')) throw refused(`${printable(program)} has a quotation mark`);
  const line = [`"${program}"`, ...args.map(quoted)].join(' ');
  const odd = /[\0\r\n]/.exec(line);
  if (odd !== null) throw refused('A service can have no line ends in its command');
  // The registry keeps the line with its variables, and Windows expands them with the environment of the machine.
  const variable = /%[^%]+%/.exec(line)?.[0];
  if (variable !== undefined) {
    throw refused(
      `Windows would replace ${printable(variable)} in the command`,
      'Use a path without percent signs.',
    );
  }
  if (line.length > LONGEST) throw refused(`The command has more than ${LONGEST} characters`);
  return line;
}

const refused = (message: string, advice?: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_SERVICE_COMMAND', message, {
    phase: 'service',
    ...(advice !== undefined && { advice }),
  });

/**
 * One argument in quotes, as CommandLineToArgvW and the runtime of node.exe read it: backslashes are themselves, unless
 * a quotation mark follows ("Parsing C command-line arguments").
 */
const quoted = (argument: string): string =>
  `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;

/** The parts of a command line, as CommandLineToArgvW has them. For one that we or others have written. */
export function splitCommandLine(line: string): string[] {
  const [, quotedProgram, program = ''] = /^\s*(?:"([^"]*)"?|([^\s"]*))/.exec(line) ?? [];
  const parts = [quotedProgram ?? program];
  const rest = line.slice(/^\s*(?:"[^"]*"?|[^\s"]*)/.exec(line)?.[0].length ?? 0);
  let part: string | null = null;
  let isQuoted = false;
  for (let at = 0; at < rest.length; at += 1) {
    const character = rest.charAt(at);
    if (character === '\\') {
      const run = /^\\+/.exec(rest.slice(at))?.[0].length ?? 1;
      at += run - 1;
      if (rest.charAt(at + 1) !== '"') {
        part = (part ?? '') + '\\'.repeat(run);
        continue;
      }
      part = (part ?? '') + '\\'.repeat(Math.floor(run / 2));
      if (run % 2 === 1) {
        part += '"';
        at += 1;
      }
    } else if (character === '"') {
      // Two within quotes are one of the text.
      if (isQuoted && rest.charAt(at + 1) === '"') {
        part = `${part ?? ''}"`;
        at += 1;
      } else isQuoted = !isQuoted;
      part ??= '';
    } else if (/[ \t]/.test(character) && !isQuoted) {
      if (part !== null) parts.push(part);
      part = null;
    } else part = (part ?? '') + character;
  }
  if (part !== null) parts.push(part);
  return parts;
}
