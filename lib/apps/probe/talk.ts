import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/async/clock.js';
import type { Open } from './exchange.js';

/** Of the event loop, that a destroyed stream may need. */
const ROUNDS = 20;

/**
 * One connection on which more is done than to send a hello. It is destroyed at the end. Never rejects.
 *
 * @param work may reject, and ends when its stream is destroyed
 * @returns null if it failed, or took too long
 */
export async function talk<Value>(
  open: Open,
  work: (stream: Duplex) => Promise<Value>,
  clock: Clock,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<Value | null> {
  const abort = new AbortController();
  const ended = new Promise<null>((resolve) => {
    abort.signal.addEventListener('abort', () => resolve(null));
  });
  const end = (): void => abort.abort();
  signal?.addEventListener('abort', end);
  const cancel = clock.after(milliseconds, end);
  let opened = null as Duplex | null;
  const run = async (): Promise<Value | null> => {
    try {
      const stream = await open(abort.signal);
      opened = stream;
      stream.on('error', () => undefined);
      const destroy = (): void => void stream.destroy();
      abort.signal.addEventListener('abort', destroy);
      if (abort.signal.aborted) destroy();
      return await work(stream);
    } catch {
      return null;
    }
  };
  try {
    return await Promise.race([run(), ended]);
  } finally {
    cancel();
    signal?.removeEventListener('abort', end);
    abort.abort();
    // The next connection begins when this one is closed.
    for (let round = 0; round < ROUNDS; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (opened === null || opened.closed) break;
    }
  }
}
