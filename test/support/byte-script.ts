import { duplexPair, type Duplex } from 'node:stream';

/** What a scripted server waits for (null: nothing, it speaks first), and what it answers; text is latin1. */
export type Turn = readonly [expected: string | null, answer: string];

export interface ByteServer {
  /** The client's end. */
  readonly near: Duplex;
  readonly far: Duplex;
  /** What the client has sent, latin1. */
  readonly received: () => string;
  /** How many bytes the server has written. */
  readonly written: () => number;
}

/**
 * A server at the far end of an in-memory pair that knows bytes, not lines. Anything unexpected destroys the connection
 * with a message that says so.
 *
 * @param cut how an answer is cut into chunks; one chunk by default
 */
export function byteServer(
  script: readonly Turn[],
  cut: (answer: Buffer) => readonly Buffer[] = (answer) => [answer],
): ByteServer {
  const [near, far] = duplexPair();
  const remaining = [...script];
  let received = '';
  let pending = '';
  let written = 0;
  const answer = (text: string): void => {
    for (const chunk of cut(Buffer.from(text, 'latin1'))) {
      written += chunk.length;
      far.write(chunk);
    }
  };
  const speakFirst = (): void => {
    while (remaining[0]?.[0] === null) answer(remaining.shift()?.[1] ?? '');
  };
  far.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    pending += chunk.toString('latin1');
    const expected = remaining[0]?.[0] ?? '';
    if (!expected.startsWith(pending.slice(0, expected.length)) || (expected === '' && pending !== '')) {
      near.destroy(
        new Error(`the script wants ${JSON.stringify(expected)} but got ${JSON.stringify(pending)}`),
      );
    } else if (pending.length >= expected.length) {
      pending = pending.slice(expected.length);
      answer(remaining.shift()?.[1] ?? '');
      speakFirst();
    }
  });
  far.on('error', () => undefined);
  speakFirst();
  return { near, far, received: () => received, written: () => written };
}
