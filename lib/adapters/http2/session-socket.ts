import type http2 from 'node:http2';
import net from 'node:net';
import { getSystemErrorMap } from 'node:util';

import { STANDS_FOR, TLSSocket } from '../../tls/socket/tls-socket.js';

type Address = Extract<keyof TLSSocket, `${'local' | 'remote'}${string}` | 'address'>;
/** What belongs to the connection itself: a session ends by its own methods. */
type Internal = Extract<keyof TLSSocket, `_${string}` | 'setKeyCert' | symbol>;

/**
 * What `session.socket` and `request.socket` have: all members that a TLSSocket adds to net.Socket, and its addresses.
 * This does not compile if a new member of TLSSocket is missing here.
 */
const FORWARDED: Readonly<Record<Exclude<keyof TLSSocket, keyof net.Socket | Internal> | Address, true>> = {
  encrypted: true,
  authorized: true,
  authorizationError: true,
  alpnProtocol: true,
  servername: true,
  secureConnecting: true,
  truncated: true,
  verification: true,
  server: true,
  getCipher: true,
  getProtocol: true,
  getPeerCertificate: true,
  getPeerX509Certificate: true,
  getCertificate: true,
  getX509Certificate: true,
  getEphemeralKeyInfo: true,
  describe: true,
  getChannelBinding: true,
  getSharedSigalgs: true,
  getSession: true,
  setSession: true,
  getTLSTicket: true,
  getFinished: true,
  getPeerFinished: true,
  exportKeyingMaterial: true,
  isSessionReused: true,
  setMaxSendFragment: true,
  setServername: true,
  renegotiate: true,
  disableRenegotiation: true,
  requestClientCertificate: true,
  enableTrace: true,
  address: true,
  remoteAddress: true,
  remotePort: true,
  remoteFamily: true,
  localAddress: true,
  localPort: true,
  localFamily: true,
};

/** What Node puts between a session and a socket without a libuv handle. */
interface StandIn {
  readonly stream: TLSSocket;
  doShutdown(request: object): number;
  doWrite(request: object, chunks: readonly Uint8Array[]): number;
}

/** Prepares a new session of a server. Has no effect if its socket is not ours. */
export function fitServerSession(session: http2.ServerHttp2Session): void {
  const standIn = fit(session);
  if (!standIn) return;
  leaveOutEndedStreams(session);
  standIn.stream._deliverWholeChunks();
}

/** Prepares a new session of a client. Has no effect if its socket is not ours. */
export function fitClientSession(session: http2.ClientHttp2Session): void {
  const standIn = fit(session);
  if (standIn) connectsWhenSecure(session, standIn.stream);
}

/** The stand-in transports bytes and knows nothing about TLS. This lets it and the session answer for the socket. */
function fit(session: http2.Http2Session): StandIn | undefined {
  const standIn = standInOf(session);
  if (!standIn) return undefined;
  tellOfTls(session, standIn);
  joinSmallFrames(standIn);
  refuseWritesAfterEnd(standIn);
  return standIn;
}

/** To Node, the stand-in is connected at once. Programs get 'connect' when the server has been verified. */
function connectsWhenSecure(session: http2.ClientHttp2Session, socket: TLSSocket): void {
  const emit = session.emit.bind(session) as (event: string | symbol, ...args: unknown[]) => boolean;
  session.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'connect' || !socket.secureConnecting || session.destroyed) return emit(event, ...args);
    socket.once('secureConnect', () => emit(event, ...args));
    return session.listenerCount(event) > 0;
  };
}

/**
 * Node emits 'stream' only after it has processed the whole chunk with the stream's headers. If a later frame in that
 * chunk ended the stream, by RST_STREAM or a protocol error, respond() would throw: a client could stop the process.
 */
function leaveOutEndedStreams(session: http2.ServerHttp2Session): void {
  const emit = session.emit.bind(session) as (event: string | symbol, ...args: unknown[]) => boolean;
  session.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'stream') return emit(event, ...args);
    const stream = args[0] as http2.ServerHttp2Stream;
    if (!stream.destroyed && !stream.closed) return emit(event, ...args);
    // Nobody else can listen to its 'error'.
    stream.on('error', () => undefined).destroy();
    return false;
  };
}

function tellOfTls(session: http2.Http2Session, standIn: StandIn): void {
  const { stream: socket } = standIn;
  const tell = (object: object, name: string | symbol, get: () => unknown): void => {
    Object.defineProperty(object, name, { get, configurable: true });
  };
  for (const name of Object.keys(FORWARDED)) {
    tell(standIn, name, () => {
      const value: unknown = Reflect.get(socket, name);
      return typeof value === 'function' ? (value.bind(socket) as unknown) : value;
    });
  }
  tell(standIn, STANDS_FOR, () => socket);
  tell(session, 'encrypted', () => true);
  tell(session, 'alpnProtocol', () => socket.alpnProtocol ?? undefined);
}

/**
 * A session writes the header of each frame and what it carries as separate chunks. The stand-in writes each of them to
 * the socket by itself, which takes longer than to copy a few kilobytes.
 */
function joinSmallFrames(standIn: StandIn): void {
  const doWrite = standIn.doWrite.bind(standIn);
  standIn.doWrite = (request, chunks) => {
    if (chunks.length === 1) return doWrite(request, chunks);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return doWrite(request, length > JOINED ? chunks : [Buffer.concat(chunks, length)]);
  };
}

/** As much as the socket joins by itself before it encrypts. */
const JOINED = 65_536;

/**
 * A session that has ended its socket may still write a frame. libuv fails such a write. The stand-in instead aborts
 * the process by an assertion while the end is pending (Node 20 to 26).
 */
function refuseWritesAfterEnd(standIn: StandIn): void {
  const doShutdown = standIn.doShutdown.bind(standIn);
  const doWrite = standIn.doWrite.bind(standIn);
  let hasEnded = false;
  standIn.doShutdown = (request) => {
    hasEnded = true;
    return doShutdown(request);
  };
  standIn.doWrite = (request, chunks) => (hasEnded ? BROKEN_PIPE : doWrite(request, chunks));
}

/** libuv's number depends on the system. */
const BROKEN_PIPE = [...getSystemErrorMap()].find(([, [name]]) => name === 'EPIPE')?.[0] ?? -1;

function standInOf(session: http2.Http2Session): StandIn | undefined {
  return Reflect.ownKeys(session)
    .map((key) => Reflect.get(session, key) as unknown)
    .find(isStandIn);
}

function isStandIn(value: unknown): value is StandIn {
  return value instanceof net.Socket && 'stream' in value && value.stream instanceof TLSSocket;
}
