import type net from 'node:net';
import type { Clock } from '../../base/async/clock.js';
import { type Address, addressText } from './endpoint.js';
import { connectTimeout, type FailedTarget, noTarget } from './errors.js';

export interface DialOptions {
  readonly open: (options: net.NetConnectOpts) => net.Socket;
  readonly clock: Clock;
  /** Milliseconds for each target; 0 for no limit. */
  readonly timeout: number;
  readonly highWaterMark: number;
  readonly localAddress: string | undefined;
  /** Ends the attempts, with its reason. */
  readonly signal: AbortSignal;
  /** Is told what each attempt came to. */
  readonly tried: (target: Address, error: Error | null) => void;
}

export interface Dialled {
  readonly socket: net.Socket;
  readonly target: Address;
}

/**
 * The first target that answers, in this order.
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONNECT with the reason of each; the reason of the signal
 */
export async function dial(targets: readonly Address[], options: DialOptions): Promise<Dialled> {
  const failures: FailedTarget[] = [];
  for (const target of targets) {
    try {
      const socket = await connectTo(target, options);
      options.tried(target, null);
      return { socket, target };
    } catch (thrown) {
      options.signal.throwIfAborted();
      const error = thrown as Error;
      options.tried(target, error);
      failures.push({ target: addressText(target), error });
    }
  }
  throw noTarget(failures);
}

function connectTo(
  target: Address,
  { open, clock, timeout, highWaterMark, localAddress, signal }: DialOptions,
): Promise<net.Socket> {
  signal.throwIfAborted();
  const common = { allowHalfOpen: true, noDelay: true, highWaterMark };
  const socket = open(
    'path' in target
      ? { ...common, path: target.path }
      : { ...common, ...target, ...(localAddress !== undefined && { localAddress }) },
  );
  return new Promise((resolve, reject) => {
    const cancel =
      timeout === 0 ? () => undefined : clock.after(timeout, () => fail(connectTimeout(timeout)));
    const fail = (error: Error): void => {
      detach();
      // An error may follow.
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const connected = (): void => {
      detach();
      resolve(socket);
    };
    const abort = (): void => fail(signal.reason as Error);
    const detach = (): void => {
      cancel();
      socket.off('connect', connected).off('error', fail);
      signal.removeEventListener('abort', abort);
    };
    socket.on('connect', connected).on('error', fail);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** The same targets, beginning with another one. */
export const rotated = (targets: readonly Address[], first: number): readonly Address[] => [
  ...targets.slice(first % targets.length),
  ...targets.slice(0, first % targets.length),
];
