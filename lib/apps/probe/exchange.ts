import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/async/clock.js';
import type { Outcome, Reading } from './outcome.js';

/** A stream to the server on which TLS may begin; rejects with the error of the network or of the dialogue. */
export type Open = (signal: AbortSignal) => Promise<Duplex>;

/** The connection was there, and the server ended it. */
const CUT = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * One connection: sends the hello, reads until the outcome is decided, and destroys the stream. Never rejects.
 *
 * @param milliseconds for all of it: the connection, a dialogue, and the answer
 * @param signal ends it as a cut connection
 */
export function exchange(
  open: Open,
  reading: Reading,
  clock: Clock,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const abort = new AbortController();
    let stream: Duplex | null = null;
    let isOver = false;
    const end = (outcome: Outcome): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      signal?.removeEventListener('abort', giveUp);
      abort.abort();
      stream?.destroy();
      resolve(outcome);
    };
    const giveUp = (): void => end({ end: 'cut', isRefusal: false });
    signal?.addEventListener('abort', giveUp);
    const cancel = clock.after(milliseconds, () => end(reading.partial() ?? { end: 'timeout' }));
    open(abort.signal).then(
      (opened) => {
        stream = opened;
        opened.on('error', (error) => end(reading.partial() ?? outcomeOf(error)));
        const onEnd = (): void => end(reading.partial() ?? { end: 'cut', isRefusal: false });
        opened.on('end', onEnd).on('close', onEnd);
        opened.on('data', (chunk: Uint8Array) => {
          const outcome = isOver ? null : reading.push(chunk);
          if (outcome !== null) end(outcome);
        });
        if (opened.destroyed) onEnd();
        if (isOver) opened.destroy();
        else opened.write(reading.hello);
      },
      (error: unknown) => end(outcomeOf(error)),
    );
  });
}

function outcomeOf(thrown: unknown): Outcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, phase } = error as { readonly code?: unknown; readonly phase?: unknown };
  if (phase === 'starttls') return { end: 'starttls', error };
  return CUT.has(String(code)) ? { end: 'cut', isRefusal: false } : { end: 'unreachable', error };
}
