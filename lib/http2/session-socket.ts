import type http2 from 'node:http2';
import net from 'node:net';
import { getSystemErrorMap } from 'node:util';

import { TLSSocket } from '../socket/tls-socket.js';

/** What programs ask `session.socket` and `request.socket` for. */
const FACTS = [
  'encrypted',
  'authorized',
  'authorizationError',
  'alpnProtocol',
  'servername',
  'verification',
  'getCipher',
  'getProtocol',
  'getPeerCertificate',
  'getPeerX509Certificate',
  'getCertificate',
  'getX509Certificate',
  'getEphemeralKeyInfo',
  'getChannelBinding',
  'exportKeyingMaterial',
  'isSessionReused',
  'address',
  'remoteAddress',
  'remotePort',
  'remoteFamily',
  'localAddress',
  'localPort',
  'localFamily',
] as const satisfies readonly (keyof TLSSocket)[];

/** What Node puts between a session and a socket that is not libuv's. */
interface StandIn {
  readonly stream: TLSSocket;
  doShutdown(request: object): number;
  doWrite(request: object, chunks: readonly Uint8Array[]): number;
}

/**
 * Fits a session to a socket of ours. The stand-in between them carries bytes and knows nothing of TLS: it, and the
 * session, learn to tell what the socket knows.
 */
export function fitSession(session: http2.Http2Session): void {
  const standIn = standInOf(session);
  if (!standIn) return;
  tellOfTls(session, standIn);
  refuseWritesAfterEnd(standIn);
}

/** As {@link fitSession}, for a new session of a server. */
export function fitServerSession(session: http2.ServerHttp2Session): void {
  const standIn = standInOf(session);
  if (!standIn) return;
  fitSession(session);
  leaveOutEndedStreams(session);
  standIn.stream._deliverWholeChunks();
}

/**
 * Node emits 'stream' only after it has processed the whole chunk with the stream's headers. If a later frame of that chunk has
 * ended the stream, by RST_STREAM or by a protocol error, respond() would throw: a client could stop the process.
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
  const tell = (object: object, name: string, get: () => unknown): void => {
    Object.defineProperty(object, name, { get, configurable: true });
  };
  for (const name of FACTS) {
    tell(standIn, name, () => {
      const value: unknown = Reflect.get(socket, name);
      return typeof value === 'function' ? (value.bind(socket) as unknown) : value;
    });
  }
  tell(session, 'encrypted', () => true);
  tell(session, 'alpnProtocol', () => socket.alpnProtocol ?? undefined);
}

/**
 * A session that has ended its socket may still have a frame to answer with. libuv fails such a write; the stand-in
 * instead ends the process by an assertion while the end is under way (Node 20 to 26).
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

/** libuv's number differs from system to system. */
const BROKEN_PIPE = [...getSystemErrorMap()].find(([, [name]]) => name === 'EPIPE')?.[0] ?? -1;

function standInOf(session: http2.Http2Session): StandIn | undefined {
  return Reflect.ownKeys(session)
    .map((key) => Reflect.get(session, key) as unknown)
    .find(isStandIn);
}

function isStandIn(value: unknown): value is StandIn {
  return value instanceof net.Socket && 'stream' in value && value.stream instanceof TLSSocket;
}
