import { duplexPair, type Duplex } from 'node:stream';

/** One exchange of a scripted server: the line it waits for (null: none, it speaks first) and the bytes it answers. */
export type Exchange = readonly [expected: string | RegExp | null, answer: string];

export interface ScriptedServer {
  /** The client's end. */
  readonly near: Duplex;
  /** The server's end, for what a script does not cover. */
  readonly far: Duplex;
  /** Resolves when the script is done and the server's end is free for another reader. */
  readonly done: Promise<void>;
  /** Lines the server has received so far. */
  readonly received: readonly string[];
}

/**
 * A server at the far end of an in-memory pair that follows a script; an unexpected line destroys the connection with
 * a message that says so.
 * @param cut how an answer is cut into chunks; one chunk by default
 */
export function scriptedServer(
  script: readonly Exchange[],
  cut: (answer: Buffer) => readonly Buffer[] = (answer) => [answer],
): ScriptedServer {
  const [near, far] = duplexPair();
  const received: string[] = [];
  const remaining = [...script];
  let pending = '';

  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const answer = (text: string): void => {
    for (const chunk of cut(Buffer.from(text, 'latin1'))) far.write(chunk);
  };
  const speakFirst = (): void => {
    while (remaining[0]?.[0] === null) answer(remaining.shift()?.[1] ?? '');
  };
  const onData = (chunk: Buffer): void => {
    pending += chunk.toString('latin1');
    for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
      const line = pending.slice(0, end);
      pending = pending.slice(end + 2);
      received.push(line);
      const [expected, text] = remaining.shift() ?? ['nothing more', ''];
      const fits = expected instanceof RegExp ? expected.test(line) : expected === line;
      if (!fits) {
        near.destroy(new Error(`the script wants ${String(expected)} but got ${line}`));
        return;
      }
      answer(text);
      speakFirst();
    }
    // What follows the script is not the dialogue's: the far end is free for the next user.
    if (remaining.length > 0) return;
    far.removeListener('data', onData).pause();
    finish();
  };
  far.on('data', onData);
  far.on('error', () => undefined);
  speakFirst();
  return { near, far, done, received };
}

/** Cuts bytes in two at a position. */
export const cutAt =
  (position: number) =>
  (bytes: Buffer): readonly Buffer[] =>
    [bytes.subarray(0, position), bytes.subarray(position)].filter((part) => part.length > 0);
