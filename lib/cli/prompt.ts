import type { InputStream, OutputStream } from './terminal.js';
import { UsageError } from './usage-error.js';

const BACKSPACE = new Set(['\u0008', '\u007f']);
const INTERRUPT = '\u0003';

/** Whether the input is a terminal, so that the user can be asked. */
export const canAsk = (input: InputStream): boolean => input.isTTY === true && input.setRawMode !== undefined;

/**
 * Reads one line from a terminal.
 * @param output where the question is written: not standard output, which may be a file
 * @throws {UsageError} when Ctrl+C is typed, or the input ends
 */
export const askLine = (terminal: InputStream, output: OutputStream, question: string): Promise<string> =>
  ask(terminal, output, question, 'shown');

/** The same without echo. */
export const askHidden = (terminal: InputStream, output: OutputStream, question: string): Promise<string> =>
  ask(terminal, output, question, 'hidden');

function ask(
  terminal: InputStream,
  output: OutputStream,
  question: string,
  typing: 'shown' | 'hidden',
): Promise<string> {
  // In raw mode a terminal shows nothing. Otherwise it shows and edits what is typed, line end included.
  const raw = typing === 'hidden';
  return new Promise((resolve, reject) => {
    const typed: string[] = [];
    const finish = (settle: () => void): void => {
      terminal.removeListener('data', onData);
      terminal.removeListener('end', onEnd);
      if (raw) {
        terminal.setRawMode?.(false);
        output.write('\n');
      }
      terminal.pause();
      settle();
    };
    const onEnd = (): void =>
      finish(() => reject(new UsageError('The input ended before there was an answer')));
    const onData = (chunk: Buffer | string): void => {
      const characters = Array.from(chunk.toString());
      for (const [at, character] of characters.entries()) {
        if (character === '\r' || character === '\n') {
          finish(() => resolve(typed.join('')));
          // What was typed ahead answers the next question.
          const ahead = characters.slice(at + 1).join('');
          if (ahead !== '' && ahead !== '\n') terminal.unshift(Buffer.from(ahead));
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
    output.write(question);
    if (raw) terminal.setRawMode?.(true);
    if (terminal.readableEnded) {
      onEnd();
      return;
    }
    terminal.on('data', onData);
    terminal.on('end', onEnd);
    terminal.resume();
  });
}
