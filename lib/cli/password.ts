import type { InputStream, OutputStream, Surroundings } from './terminal.js';
import { UsageError } from './usage-error.js';

/**
 * The password of --user: from SCHANNEL_PASSWORD, else asked for without echo. Never an argument, where every user of
 * the machine could read it.
 * @throws {UsageError} when there is nobody to ask
 */
export async function readPassword({ env, stdin, stderr }: Surroundings, user: string): Promise<string> {
  const fromEnvironment = env['SCHANNEL_PASSWORD'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) {
    throw new UsageError(
      '--user needs a password: set SCHANNEL_PASSWORD, or run on a terminal to be asked for it',
    );
  }
  return askHidden(stdin, stderr, `Password of ${user}: `);
}

const BACKSPACE = new Set(['\u0008', '\u007f']);
const INTERRUPT = '\u0003';

/** One line typed on a terminal, without echo. Rejects when Ctrl+C is typed. */
function askHidden(terminal: InputStream, output: OutputStream, prompt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const typed: string[] = [];
    const finish = (settle: () => void): void => {
      terminal.removeListener('data', onData);
      terminal.removeListener('end', onEnd);
      terminal.setRawMode?.(false);
      terminal.pause();
      output.write('\n');
      settle();
    };
    const onEnd = (): void => finish(() => reject(new UsageError('No password was typed')));
    const onData = (chunk: Buffer | string): void => {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n') {
          finish(() => resolve(typed.join('')));
          return;
        }
        if (character === INTERRUPT) {
          finish(() => reject(new UsageError('Interrupted')));
          return;
        }
        if (BACKSPACE.has(character)) typed.pop();
        else typed.push(character);
      }
    };
    output.write(prompt);
    terminal.setRawMode?.(true);
    terminal.on('data', onData);
    terminal.on('end', onEnd);
    terminal.resume();
  });
}
