import type { Duplex } from 'node:stream';
import { abortError } from '../../base/errors/abort-error.js';
import { closedEarly, type PeerRole } from './errors.js';

/** What says that the handshake is complete and the peer accepted. */
const SECURE = { server: 'secureConnect', client: 'secure' } as const;

/**
 * Waits until the handshake is complete and the peer accepted.
 * @param peer who is at the other end
 * @param closed the error for a socket that closes without one; default ERR_SCHANNEL_PEER_STARTTLS_CLOSED
 * @throws the socket's error; `closed`; an AbortError
 */
export async function untilSecure<Socket extends Duplex>(
  socket: Socket,
  signal: AbortSignal | null,
  peer: PeerRole = 'server',
  closed: (waitingFor: string) => Error = (waitingFor) => closedEarly(waitingFor, peer),
): Promise<Socket> {
  const onAbort = (): void => void socket.destroy(abortError(signal?.reason));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    await secured(socket, peer, closed);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  // An alert in the same packet as the peer's last flight destroys the socket before the caller can listen.
  if (socket.errored) throw socket.errored;
  return socket;
}

function secured(socket: Duplex, peer: PeerRole, closed: (waitingFor: string) => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const onSecure = (): void => {
      detach();
      resolve();
    };
    const onClose = (): void => {
      detach();
      reject(socket.errored ?? closed('the handshake'));
    };
    const detach = (): void => {
      socket.removeListener(SECURE[peer], onSecure);
      socket.removeListener('close', onClose);
      // The listener for 'error' stays a little longer: ticks run before the promises that return the socket.
      setImmediate(() => socket.removeListener('error', reject));
    };
    socket.on(SECURE[peer], onSecure);
    socket.on('close', onClose);
    socket.on('error', reject);
  });
}
