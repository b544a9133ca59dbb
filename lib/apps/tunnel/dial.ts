import type net from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectThroughOptions, ProxyStep } from '../../adapters/proxy/index.js';
import { type Clock, LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { type Address, addressText, type ProgramAddress, type Target } from './endpoint.js';
import { connectTimeout, type FailedTarget, noTarget } from './errors.js';

export interface DialOptions {
  readonly open: (options: net.NetConnectOpts) => net.Socket;
  readonly startProgram: (target: ProgramAddress) => Promise<Duplex>;
  readonly clock: Clock;
  /** Milliseconds for each target; 0 for no limit. */
  readonly timeout: number;
  readonly highWaterMark: number;
  readonly localAddress: string | undefined;
  /** Proxies on the way, and what connects through them. */
  readonly through: readonly ProxyStep[];
  readonly connectThrough: (options: ConnectThroughOptions) => Promise<net.Socket>;
  /** Ends the attempts, with its reason. */
  readonly signal: AbortSignal;
  /** Is told what each attempt came to. */
  readonly tried: (target: Target, error: Error | null) => void;
}

export interface Dialled {
  readonly socket: Duplex;
  readonly target: Target;
}

/**
 * The first target that answers, in this order.
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONNECT with the reason of each; the reason of the signal
 */
export async function dial(targets: readonly Target[], options: DialOptions): Promise<Dialled> {
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

function connectTo(target: Target, options: DialOptions): Promise<Duplex> {
  const { clock, timeout, signal, through, connectThrough } = options;
  signal.throwIfAborted();
  if ('program' in target) return options.startProgram(target);
  if (through.length > 0 && 'host' in target) {
    return connectThrough({
      ...target,
      through,
      timeout: timeout === 0 ? LONGEST_TIMER_MS : timeout,
      signal,
      dial: (to) => opened(to, options),
    });
  }
  const socket = opened(target, options);
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

function opened(target: Address, { open, highWaterMark, localAddress }: DialOptions): net.Socket {
  const common = { allowHalfOpen: true, noDelay: true, highWaterMark };
  return open(
    'path' in target
      ? { ...common, path: target.path }
      : { ...common, ...target, ...(localAddress !== undefined && { localAddress }) },
  );
}

/** The same targets, beginning with another one. */
export const rotated = (targets: readonly Target[], first: number): readonly Target[] => [
  ...targets.slice(first % targets.length),
  ...targets.slice(0, first % targets.length),
];
