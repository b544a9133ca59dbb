import type { Socket } from 'node:net';

/** Milliseconds that a peer has to read our alert and to close. */
const LINGER_MS = 1000;

/**
 * Ends a connection so that the peer can read the alert written last. A TCP socket that is closed with input unread
 * resets the connection, and the reset takes away what the peer has not read yet; TLS 1.3 servers send tickets just then.
 * So our side is ended, and what still comes is thrown away until the peer closes, or the time is over.
 */
export function lingeringClose(transport: Socket): void {
  if (transport.readableEnded) {
    transport.destroySoon();
    return;
  }
  const timer = setTimeout(() => transport.destroy(), LINGER_MS);
  timer.unref();
  transport.once('close', () => {
    clearTimeout(timer);
  });
  transport.once('end', () => transport.destroy());
  transport.end();
  transport.resume();
}
