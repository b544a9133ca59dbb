import type { Duplex } from 'node:stream';
import { createConnectThrough, type ThroughOptions } from '#lib/adapters/proxy/connect-through.js';
import type { ThroughStep } from '#lib/adapters/proxy/steps.js';

/** Options of TLS to a proxy, which nothing looks at here. */
export type NoTls = Readonly<Record<string, never>>;

export type TestStep = ThroughStep<NoTls>;

const connecting = createConnectThrough<NoTls, Duplex>(
  ({ socket }) => {
    setImmediate(() => socket.emit('secureConnect'));
    return socket;
  },
  () => {
    throw new Error('dial() is an option here');
  },
);

export const TARGET = { host: 'mail.example', port: 587 } as const;

/** connectThrough() to mail.example:587 over streams in memory. */
export const connectThrough = (
  near: Duplex,
  through: readonly TestStep[],
  options: Partial<ThroughOptions<NoTls, Duplex>> = {},
): Promise<Duplex> => connecting({ ...TARGET, dial: () => near, through, ...options });

/** What can be read from a stream at once, latin1. */
export async function arrived(stream: Duplex): Promise<string> {
  await new Promise(setImmediate);
  return (stream.read() as Buffer | null)?.toString('latin1') ?? '';
}
