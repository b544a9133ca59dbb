import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

/** The client of a whole handshake, which verifies nothing. */
export interface HandshakeOptions {
  readonly version: tls.SecureVersion;
  readonly servername: string | null;
  /** To resume. */
  readonly session?: Buffer;
  readonly withoutTickets?: boolean;
}

/** How a whole handshake went. */
export interface WholeHandshake {
  readonly isResumed: boolean;
  /** Of TLS 1.3 only after a ticket came; null without one. */
  readonly session: Buffer | null;
  readonly hasTicket: boolean;
}

function connect(stream: Duplex, options: HandshakeOptions): tls.TLSSocket {
  const { version, servername, session, withoutTickets = false } = options;
  const tickets = withoutTickets ? constants.SSL_OP_NO_TICKET : 0;
  return tls.connect({
    socket: stream,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT | tickets,
    ...(servername !== null && isIP(servername) === 0 && { servername }),
    ...(session && { session }),
    // In TLS 1.3, the list of earlier versions would leave nothing.
    ...(version !== 'TLSv1.3' && { ciphers: 'ALL:@SECLEVEL=0' }),
  });
}

/**
 * Makes a handshake and says goodbye, so that the server keeps the session. Rejects if the server does not take part.
 */
export function handshakeOn(stream: Duplex, options: HandshakeOptions): Promise<WholeHandshake> {
  return new Promise((resolve, reject) => {
    const socket = connect(stream, options);
    let found: WholeHandshake | null = null;
    socket.on('error', reject);
    socket.on('session', (session: Buffer) => {
      // Before TLS 1.3 there is one anyway.
      if (found !== null && options.version === 'TLSv1.3') found = { ...found, session, hasTicket: true };
    });
    socket.once('secureConnect', () => {
      const isOld = options.version !== 'TLSv1.3';
      found = {
        isResumed: socket.isSessionReused(),
        session: isOld ? (socket.getSession() ?? null) : null,
        hasTicket: isOld && socket.getTLSTicket() !== undefined,
      };
      // Tickets of TLS 1.3 come before the server's own goodbye.
      socket.resume().end();
    });
    socket.once('close', () => {
      if (found === null) reject(new Error('the handshake was not finished'));
      else resolve(found);
    });
  });
}

/** Whether the server goes along when the client asks for another handshake. Rejects if it does not take part. */
export function renegotiatesOn(stream: Duplex, options: HandshakeOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(stream, options);
    let isAsked = false;
    socket.on('error', (error: Error) => {
      if (isAsked) resolve(false);
      else reject(error);
    });
    socket.once('close', () => resolve(false));
    socket.once('secureConnect', () => {
      isAsked = true;
      const isDone = (error: Error | null): void => resolve(error === null);
      socket.resume().renegotiate({ rejectUnauthorized: false }, isDone);
    });
  });
}
