import { once } from 'node:events';
import { connect } from '../../tls/connect.js';
import type { CheckContext, Json } from './check.js';
import { errorData } from './failure.js';
import type { ClientIdentity } from './identities.js';
import type { Peer, Version } from './node-peer.js';

/** The result of connecting to a server in this process. */
export interface Attempt {
  readonly good: boolean;
  readonly data: Json;
  /** Why there was no connection; null if there was one. */
  readonly error: unknown;
}

const GREETING = 'schannel doctor';

/** Connects with this library, sends bytes and gets them back. */
export async function attempt(
  context: CheckContext,
  { port, ca, seen }: Peer,
  version: Version,
  identity: ClientIdentity | null,
): Promise<Attempt> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca,
    allowPartialTrustChain: true,
    minVersion: version,
    maxVersion: version,
    ...identity?.options,
  });
  const close = context.cleanup.add('a connection', () => {
    socket.destroy();
  });
  try {
    const { signal } = context;
    await once(socket, 'secureConnect', { signal });
    socket.write(GREETING);
    const [echo] = (await once(socket, 'data', { signal })) as [Buffer];
    const { protocol, certificates } = await seen;
    const leafSent = identity === null || certificates[0]?.equals(identity.leaf) === true;
    const echoed = echo.toString() === GREETING;
    const intermediates = identity?.intermediates ?? [];
    const intermediatesSent = intermediates.filter((each) => certificates.some((sent) => sent.equals(each)));
    return {
      error: null,
      good: echoed && leafSent && protocol === version,
      data: {
        protocol,
        echoed,
        ...(identity === null ? {} : { certificateSent: leafSent }),
        ...(intermediates.length === 0
          ? {}
          : { intermediatesSent: `${intermediatesSent.length} of ${intermediates.length}` }),
      },
    };
  } catch (error) {
    return { good: false, data: errorData(error), error };
  } finally {
    await closed(socket, close.now);
  }
}

/** Waits until the socket is closed, and with it its handles in Windows. */
async function closed(socket: ReturnType<typeof connect>, destroy: () => Promise<void>): Promise<void> {
  const isClosed = socket.closed ? Promise.resolve() : once(socket, 'close').catch(() => undefined);
  await destroy();
  await isClosed;
}
