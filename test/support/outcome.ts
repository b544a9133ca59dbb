import type { TLSSocket } from 'schannel';

/** How a socket ended. */
export interface Outcome {
  /** Every event that was watched, in order. */
  readonly events: readonly string[];
  readonly errors: readonly NodeJS.ErrnoException[];
  /** What 'close' said; null until then. */
  readonly hadError: boolean | null;
  /** Resolves when the socket is closed and nothing can follow. */
  readonly closed: Promise<void>;
}

const WATCHED = ['connect', 'secure', 'secureConnect', 'end', 'finish', 'close'] as const;

/** Watches a socket; never rejects and never makes it flow. */
export function watch(socket: TLSSocket): Outcome {
  const events: string[] = [];
  const errors: NodeJS.ErrnoException[] = [];
  for (const event of WATCHED) socket.on(event, () => events.push(event));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    events.push('error');
    errors.push(error);
  });
  let hadError: boolean | null = null;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', (failed: boolean) => {
      hadError = failed;
      // What might wrongly follow 'close' gets the time to do so.
      setImmediate(() => setImmediate(resolve));
    });
  });
  return {
    events,
    errors,
    closed,
    get hadError() {
      return hadError;
    },
  };
}

/** The error that a socket ends with, once it is closed. @throws Error when there is not exactly one. */
export async function failureOf(socket: TLSSocket): Promise<NodeJS.ErrnoException> {
  const outcome = watch(socket);
  socket.resume();
  await outcome.closed;
  const [error, ...others] = outcome.errors;
  if (error === undefined || others.length > 0) {
    throw new Error(`expected one error, got ${outcome.events.join(', ')}`);
  }
  return error;
}
