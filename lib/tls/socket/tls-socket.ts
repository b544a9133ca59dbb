import { randomBytes, type X509Certificate } from 'node:crypto';
import net from 'node:net';
import { addAbortSignal, type Duplex } from 'node:stream';
import type tls from 'node:tls';
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';

import { legacyPeerCertificate, peerX509Certificate } from '../../windows/trust/peer-certificate.js';
import { argumentError, integerWithin, invalidType, outOfRange } from '../../base/errors/argument-error.js';
import { errorCode } from '../../base/errors/error-code.js';
import { errorFromNative } from '../../base/errors/from-status.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { endPointBinding } from '../../formats/x509/end-point-binding.js';
import type { NativeSessionInfo } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { operations, type CloseMessage, type HandshakeMessage } from '../../base/trace/channels.js';
import type { Progress } from '../../base/trace/operation.js';
import { parseClientOptions } from './client-options.js';
import { ClientSide } from './client-side.js';
import { Connection } from './connection.js';
import { ConsumerScope } from './consumer-scope.js';
import {
  cipherOf,
  ephemeralKeyOf,
  protocolOf,
  type CipherFacts,
  type EphemeralKeyFacts,
} from './session-info.js';
import { ConnectionDescription, inspect } from '../../formats/description/connection.js';
import { FrameBorders } from './frame-borders.js';
import { FrameTurns } from './frame-turns.js';
import {
  declinedByPeer,
  destroyedInHandshake,
  renegotiationDisabled,
  renegotiationRefused,
} from './connection-faults.js';
import { OnReadDelivery } from './onread.js';
import type { Verification } from './peer-verification.js';
import { contextFrom, type ContextSource } from '../secure-context/factory.js';
import { sharedRead } from './read-area.js';
import { parseServerOptions } from './server-options.js';
import { ServerSide } from './server-side.js';
import {
  isTruthy,
  parseSocketOptions,
  type SocketSettings,
  type TLSSocketOptions,
} from './socket-options.js';
import { TransportHandle } from './transport-handle.js';

type WriteCallback = (error?: Error | null) => void;

/** A text or null, as in node:tls. The types of node:tls require an Error, so for the compiler it is one as well. */
type AuthorizationError = string & Error;
const NONE = null as unknown as AuthorizationError;

/** As newer types of Node have it, a Buffer whose memory nobody shares. */
type OwnBuffer = ReturnType<tls.TLSSocket['exportKeyingMaterial']>;

/** Where a socket connects to, as errors tell it. */
export interface ConnectTarget {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly path?: string | undefined;
  readonly localAddress?: string | undefined;
}

/** An object with this property stands for the TLSSocket that is its value, as in an HTTP/2 session. */
export const STANDS_FOR = Symbol('schannel.standsFor');

/**
 * A TLS connection over any Duplex, with the properties, methods and events of tls.TLSSocket. It is a net.Socket whose
 * handle is the stream underneath, so that programs that ask `instanceof net.Socket` find one.
 *
 * Events beside those of net.Socket: of a client `OCSPResponse` (only with `requestOCSP`), `secure` (handshake
 * complete, peer not verified yet) and `secureConnect` (verified, or accepted unverified by `rejectUnauthorized:
 * false`), then `session` for each session that can be resumed: up to TLS 1.2 once, under TLS 1.3 with each ticket that
 * the server sends; of a server `secure` when the client may be talked to.
 */
export class TLSSocket extends net.Socket {
  readonly encrypted = true;
  /** The peer's certificate was verified. */
  authorized = false;
  /** Code of what speaks against the peer, e.g. 'CERT_HAS_EXPIRED'; null when nothing does. */
  authorizationError: AuthorizationError = NONE;
  /** Agreed by ALPN; false when nothing was, null before the handshake. */
  alpnProtocol: string | false | null = null;
  /** The name sent by SNI; false when none was, null before the handshake. */
  servername: string | false | null = null;
  secureConnecting = true;
  /** The peer's data ended without its close_notify, so that it may be cut short; null until it ended. */
  truncated: boolean | null = null;
  /** How trust in the peer was decided; null until it was. */
  verification: Verification | null = null;

  /** @internal https asks for it by node:tls's name. */
  _secureEstablished = false;
  /** @internal net.Socket keeps its handle here. */
  declare _handle: TransportHandle | null;
  /** @internal net.Socket remembers its own address here, also that there is none. */
  declare _sockname: object | null;
  /** @internal net.Socket's own; has it remember the peer's address. */
  declare _getpeername: () => object;
  /** @internal net.Socket's own; restarts the timer of setTimeout(). */
  declare _unrefTimer: () => void;
  /** net.Socket declares it read-only; here the transport's state is copied to it. */
  declare connecting: boolean;

  /** The server that took this connection in; null for a client's, and for one that was made by hand. */
  readonly server: net.Server | null;
  readonly #settings: SocketSettings;
  readonly #side: ClientSide | ServerSide;
  readonly #connection: Connection;
  readonly #scope = new ConsumerScope();
  readonly #onread: OnReadDelivery | null;
  /** Present once HTTP/2 was agreed on. */
  #frames: FrameTurns | null = null;
  #target: ConnectTarget = {};
  /** While somebody follows the first handshake. */
  #handshake: Progress<HandshakeMessage> | null = null;
  /** Stands for a session that Windows keeps; says nothing. */
  #sessionToken: OwnBuffer | null = null;

  /**
   * A server begins its handshake by itself, a client with its first write, or with connect().
   *
   * @param transport the stream to speak TLS over, connected or connecting; without one, connect() makes a net.Socket
   * @param host what the caller connects to, for SNI and verification where `servername` says nothing
   * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM, ERR_SCHANNEL_OPTION_UNSUPPORTED; Node's argument errors
   */
  constructor(transport?: Duplex | null, options: TLSSocketOptions = {}, host: string | null = null) {
    if (transport != null && !isDuplex(transport))
      throw invalidType('socket', 'an instance of stream.Duplex', transport);
    super({
      allowHalfOpen: mayHalfOpen(transport, options),
      ...(options.highWaterMark == null ? {} : { highWaterMark: options.highWaterMark }),
    });
    this.#settings = parseSocketOptions(options);
    this.#side = options.isServer
      ? new ServerSide(parseServerOptions(options), native().platform, this)
      : new ClientSide(parseClientOptions(options, host, addressOf(transport)), native().platform, this);
    this.server = options.server ?? null;
    const { onread } = this.#settings;
    this.#onread = onread && new OnReadDelivery(this, onread, () => this.#onreadDrained());
    this.#connection = this.#makeConnection();
    // As in node:tls nobody has to listen to a server's socket that was made by hand.
    if (options.isServer) this.on('error', () => undefined);
    if (options.pauseOnConnect) this.pause();
    if (transport != null) this.#attach(transport, false);
    if (options.isServer) this.#connection.begin();
    if (options.signal) addAbortSignal(options.signal, this);
  }

  /** `session.socket` of an HTTP/2 session is a TLSSocket as well, as with node:tls; it is none of a subclass. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (this.prototype !== TLSSocket.prototype || typeof value !== 'object' || value === null) return false;
    return Reflect.get(value, STANDS_FOR) !== undefined;
  }

  // ---- net.Socket -------------------------------------------------------------------------------------------------

  /** As net.Socket's connect(), with all its forms; the handshake follows by itself. */
  override connect(...args: unknown[]): this {
    const callback = args.at(-1);
    if (typeof callback === 'function') this.once('connect', callback as () => void);
    const own = args.filter((argument) => typeof argument !== 'function');
    this.#target = targetOf(own);
    const options: net.SocketConstructorOpts & { onread: net.OnReadOpts } = {
      // The peer's end must not end our side: close_notify comes before.
      allowHalfOpen: true,
      onread: sharedRead((chunk) => this.#connection.receive(chunk)),
    };
    const transport = new net.Socket(options);
    transport.pause();
    transport.connect(...(own as [net.NetConnectOpts]));
    this.#attach(transport, true);
    this.#connection.begin();
    this.#forward(transport);
    return this;
  }

  override read(size?: number): unknown {
    // read() called by the user, rather than by the stream, gets everything there is.
    if (size !== 0 && !this.readableFlowing) this.#frames?.flush();
    return super.read(size) as unknown;
  }

  override resume(): this {
    super.resume();
    this.#frames?.goOn();
    return this;
  }

  override destroySoon(): void {
    this.#connection.destroyingSoon = true;
    super.destroySoon();
  }

  /** As net.Socket's: over TCP the peer sees a reset. */
  override resetAndDestroy(): this {
    this.#connection.resets = true;
    return this.destroy();
  }

  /** For `using`: as destroy(). What was written may be lost: see `await using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /**
   * For `await using`: sends what was written and close_notify, and closes the connection. A peer that does not take it
   * within five seconds loses the rest.
   * @throws the error that ends the connection meanwhile
   */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => this.destroy(), LAST_WORD_MS);
      this.once('error', reject);
      this.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      if (this._secureEstablished) this.destroySoon();
      else this.destroy();
    });
  }

  override _write(chunk: Uint8Array | string, encoding: BufferEncoding, done: WriteCallback): void {
    this.#send([toBytes(chunk, encoding)], done);
  }

  override _writev(
    chunks: { chunk: Uint8Array | string; encoding: BufferEncoding }[],
    done: WriteCallback,
  ): void {
    this.#send(
      chunks.map(({ chunk, encoding }) => toBytes(chunk, encoding)),
      done,
    );
  }

  override _final(done: WriteCallback): void {
    this.#connection.finish(done);
  }

  // ---- node:tls ---------------------------------------------------------------------------------------------------

  /** 'TLSv1.2', 'TLSv1.3', …; null before the handshake and after the end. */
  getProtocol(): string | null {
    return this.#info && protocolOf(this.#info);
  }

  /** The cipher suite; undefined before the handshake and after the end. */
  getCipher(): CipherFacts | undefined;
  /** @internal So that the types of node:tls, which leave undefined and null out, accept this one. */
  getCipher(): CipherFacts;
  getCipher(): CipherFacts | undefined {
    return (this.#info && cipherOf(this.#info)) ?? undefined;
  }

  /** The key exchange; `{}` when Windows does not report it, null before the handshake and after the end. */
  getEphemeralKeyInfo(): EphemeralKeyFacts | null {
    return this.#info && ephemeralKeyOf(this.#info);
  }

  /**
   * The peer's certificate as node:tls gives it; `{}` when it sent none or before the handshake, null after the end.
   * @param detailed link the issuers, as `issuerCertificate`
   */
  getPeerCertificate(detailed: true): DetailedPeerCertificate | null;
  getPeerCertificate(detailed?: boolean): PeerCertificate | null;
  /** @internal As above. */
  getPeerCertificate(detailed: true): DetailedPeerCertificate;
  /** @internal */
  getPeerCertificate(detailed?: boolean): PeerCertificate;
  getPeerCertificate(detailed = false): PeerCertificate | null {
    if (this.destroyed) return null;
    return legacyPeerCertificate(this.#peerChain(), detailed);
  }

  /** The peer's certificate; undefined when there is none. */
  getPeerX509Certificate(): X509Certificate | undefined {
    return this.#info ? peerX509Certificate(this.#peerChain()) : undefined;
  }

  /** Ours, whether or not the peer asked for it; `{}` when there is none, null after the end. */
  getCertificate(): PeerCertificate | object | null {
    return this.destroyed ? null : legacyPeerCertificate(this.#connection.ownCertificates.slice(-1));
  }

  /** Ours; undefined when there is none. */
  getX509Certificate(): X509Certificate | undefined {
    return this.destroyed ? undefined : peerX509Certificate(this.#connection.ownCertificates.slice(-1));
  }

  /** The session was resumed; false also where Windows does not report it. */
  isSessionReused(): boolean {
    return this.#info?.resumed === true;
  }

  /**
   * Keying material by RFC 5705 and RFC 8446 §7.5 (Windows 10 1607 and later).
   * @param length bytes
   * @throws Error ERR_TLS_INVALID_STATE before the handshake; ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   * @throws SchannelError ERR_SCHANNEL_SYSTEM_UNSUPPORTED where Windows has none, ERR_SCHANNEL_USAGE_BUSY when
   *   Windows has the connection for longer than a second, which no ticket and no key update takes: a person may be
   *   asked for a PIN
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): OwnBuffer {
    integerWithin('length', length, 1, UINT32_MAX);
    if (typeof label !== 'string') throw invalidType('label', 'of type string', label);
    const session = this._secureEstablished ? this.#connection.session : null;
    if (!session)
      throw argumentError(
        'ERR_TLS_INVALID_STATE',
        'TLS socket connection must be securely established',
        Error,
      );
    if (context !== undefined && !ArrayBuffer.isView(context)) {
      throw invalidType('context', 'an instance of Buffer, TypedArray, or DataView', context);
    }
    try {
      const material = session.exportKeyingMaterial(length, label, context ?? null);
      return Buffer.from(material.buffer, material.byteOffset, material.length);
    } catch (error) {
      throw errorFromNative(error, 'data', 'Keying material could not be exported');
    }
  }

  /**
   * Channel binding data, to tie an authentication inside TLS to this connection, without the name in front of it; null
   * when there is none. 'tls-server-end-point' (RFC 5929) is the hash of the server's certificate. 'tls-unique' (RFC
   * 5929) exists up to TLS 1.2, and 'tls-exporter' (RFC 9266) from TLS 1.3 on, with Windows 10 1607 and later.
   * @throws SchannelError ERR_SCHANNEL_USAGE_BUSY as {@link exportKeyingMaterial}, for 'tls-exporter'
   */
  getChannelBinding(type: ChannelBinding): Buffer | null {
    const info = this.#info;
    if (!info) return null;
    switch (type) {
      case 'tls-server-end-point':
        return this.#endPointBinding(info);
      case 'tls-unique':
        return info.tlsUnique && Buffer.from(info.tlsUnique);
      case 'tls-exporter':
        // Before TLS 1.3 it needs the extended master secret (RFC 9266 §2), of which Windows says nothing.
        if (protocolOf(info) !== 'TLSv1.3' || !this._secureEstablished) return null;
        return this.#exporterBinding();
      default:
        throw argumentError(
          'ERR_INVALID_ARG_VALUE',
          `The argument 'type' must be one of: ${CHANNEL_BINDINGS.join(', ')}. Received ${String(type)}`,
        );
    }
  }

  /**
   * What was negotiated, the peer's certificates and how trust was decided, as an object for JSON. As text, it is what
   * `schannel connect` prints of a connection. null before the connection is secure and after the end.
   */
  describe(): ConnectionDescription | null {
    if (!this._secureEstablished || !this.#info) return null;
    return new ConnectionDescription(inspect(this, 'windows'));
  }

  /**
   * Asks the client for a certificate that it was not asked for in its handshake: by a renegotiation up to TLS 1.2, by
   * post-handshake authentication under TLS 1.3. The connection goes on with any result; `authorized`,
   * `authorizationError` and `verification` tell. Windows takes all that comes for the answer, so that it has to be the
   * client's turn to listen, as it is while it waits for a response.
   * @throws SchannelError by the promise: ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH for a client of TLS 1.3 that offered
   *   none, ERR_SCHANNEL_SYSTEM_UNSUPPORTED, ERR_SCHANNEL_USAGE_PHASE on a client and unless the connection is secure
   *   and between two records, ERR_SCHANNEL_USAGE_BUSY
   */
  async requestClientCertificate(): Promise<Verification> {
    return this.#connection.requestClientCertificate();
  }

  /** @internal Within SNICallback and ALPNCallback: other settings, as node:tls's. */
  setKeyCert(context: ContextSource): void {
    const made = contextFrom(context);
    if (this.#side.role === 'server') this.#side.useContext(made);
  }

  /** Records of at most `size` bytes of plaintext from now on; false for a size outside 512 to 16384. */
  setMaxSendFragment(size: number): boolean {
    if (typeof size !== 'number') throw invalidType('size', 'of type number', size);
    if ((size | 0) !== size) throw outOfRange('size', 'a 32-bit integer', size);
    if (!Number.isInteger(size) || size < 512 || size > 16384) return false;
    this.#connection.maximumFragment = size;
    return true;
  }

  /**
   * A client's: stands for the session as 'session' does; undefined before the handshake and after the end. Windows
   * keeps sessions itself and resumes them without being asked, so that it tells sessions apart and is nothing more.
   */
  getSession(): OwnBuffer | undefined {
    return this.#info && this.#side.role === 'client' ? this.#session() : undefined;
  }

  /** Takes what getSession() or 'session' gave. Windows chooses by itself which session it resumes. */
  setSession(session: string | Uint8Array): void {
    if (typeof session !== 'string' && !ArrayBuffer.isView(session)) {
      throw invalidType('session', 'of type string or an instance of Buffer', session);
    }
  }

  /**
   * Another name for SNI, before the handshake; what the certificate is verified against remains.
   * @throws TypeError ERR_INVALID_ARG_TYPE; Error ERR_TLS_SNI_FROM_SERVER on a server
   */
  setServername(name: string): void {
    if (typeof name !== 'string') throw invalidType('name', 'of type string', name);
    if (this.#side.role === 'client') this.#side.setServername(name);
    else {
      throw argumentError('ERR_TLS_SNI_FROM_SERVER', 'Cannot issue SNI from a TLS server-side socket', Error);
    }
  }

  /**
   * Negotiates again, up to TLS 1.2. `callback` is called when that is done; `authorized` and `verification` say who
   * the peer is then. No data flows before the peer and what was negotiated are judged, as after the first handshake;
   * what speaks against them ends the connection. What is in the way of it is the error ERR_TLS_RENEGOTIATE with its
   * cause, which is ERR_SCHANNEL_PEER_NO_RENEGOTIATION for a peer that would not, or ERR_TLS_RENEGOTIATION_DISABLED
   * after disableRenegotiation(); what ends the connection meanwhile, that error.
   *
   * @param options hold from then on, as in node:tls; default as before. `requestCert`: a server asks for a
   *   certificate. `rejectUnauthorized`: a peer that cannot be verified, or shows no certificate that it was asked
   *   for, ends the connection
   * @returns whether it has begun
   * @throws TypeError ERR_INVALID_ARG_TYPE
   */
  renegotiate(
    options: {
      readonly requestCert?: boolean | undefined;
      readonly rejectUnauthorized?: boolean | undefined;
    },
    callback?: (error: Error | null) => void,
  ): boolean {
    if (typeof options !== 'object' || (options as unknown) === null)
      throw invalidType('options', 'of type object', options);
    if (callback !== undefined && typeof callback !== 'function')
      throw invalidType('callback', 'of type function', callback);
    if (this.destroyed) return false;
    const tell = (error: Error | null): void => {
      if (callback) this.#scope.run(callback, error);
    };
    const fail = (error: Error): false => {
      process.nextTick(tell, error);
      return false;
    };
    if (this.#connection.refusesRenegotiation) return fail(renegotiationDisabled());
    const { requestCert, rejectUnauthorized } = options;
    try {
      const done = this.#connection.renegotiate({
        ...(requestCert === undefined ? {} : { requestCert: isTruthy(requestCert) }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized: isTruthy(rejectUnauthorized) }),
      });
      done.then(({ declined }) => tell(declined ? renegotiationRefused(declinedByPeer()) : null), tell);
      return true;
    } catch (error) {
      return fail(renegotiationRefused(error));
    }
  }

  /** A peer that asks for a new handshake from now on ends the connection: ERR_TLS_RENEGOTIATION_DISABLED. */
  disableRenegotiation(): void {
    this.#connection.refusesRenegotiation = true;
  }

  /** Windows keeps tickets itself. */
  getTLSTicket(): OwnBuffer | undefined {
    return undefined;
  }

  /** Windows does not report them. */
  getSharedSigalgs(): string[] {
    return [];
  }

  /** Windows gives no Finished messages; see getChannelBinding(). */
  getFinished(): OwnBuffer | undefined {
    return undefined;
  }

  getPeerFinished(): OwnBuffer | undefined {
    return undefined;
  }

  /** @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED always: Windows traces to its event log. */
  enableTrace(): never {
    throw new SchannelError('ERR_SCHANNEL_OPTION_UNSUPPORTED', 'Windows gives out no trace of a connection', {
      advice: 'Look into the system event log, source Schannel.',
    });
  }

  /**
   * @internal As node:tls's: has a client begin its handshake that was made by hand over a stream, and would begin with
   * the first write.
   */
  _start(): void {
    this.#connection.begin();
  }

  /** @internal As node:tls's: ends a handshake that takes too long. */
  _handleTimeout(): void {
    this.#connection.timeOut();
  }

  /** @internal For an HTTP/2 session that can do without {@link FrameTurns}. */
  _deliverWholeChunks(): void {
    this.#frames?.flush();
    this.#frames = null;
  }

  /** @internal As node:tls's: gives the TLS of the connection up. */
  _destroySSL(): void {
    this.destroy();
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  get #info(): NativeSessionInfo | null {
    return this.#connection.info;
  }

  /** As Windows built it; else as the peer sent it. */
  #peerChain(): readonly Uint8Array[] {
    const chain = this.verification?.chain ?? [];
    return chain.length > 0 ? chain : (this.#info?.peerCertificates ?? []);
  }

  /** Of a server that shows one certificate, Windows is not asked: Wine looks into the client's. */
  #endPointBinding({ tlsServerEndPoint, peerCertificates }: NativeSessionInfo): Buffer | null {
    const isServer = this.#side.role === 'server';
    const [certificate, ...others] = isServer
      ? this.#connection.ownCertificates
      : peerCertificates.slice(0, 1);
    const isKnown = certificate !== undefined && others.length === 0;
    if (isKnown && (isServer || tlsServerEndPoint === null)) return endPointBinding(certificate);
    return tlsServerEndPoint && Buffer.from(tlsServerEndPoint);
  }

  #exporterBinding(): Buffer | null {
    try {
      return this.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding');
    } catch (error) {
      if (errorCode(error) === 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED') return null;
      throw error;
    }
  }

  #session(): OwnBuffer {
    this.#sessionToken ??= randomBytes(32);
    return this.#sessionToken;
  }

  #makeConnection(): Connection {
    const scope = this.#scope;
    const connection = new Connection(this.#side, this.#settings, {
      begin: (work) => {
        const { role, servername } = this.#side;
        this.#handshake = operations.handshake.begin(
          () => ({ socket: this, role, servername: servername || null }),
          work,
        );
      },
      activity: () => this._unrefTimer(),
      secure: (info) => scope.run(() => this.#secure(info)),
      established: (verification) => scope.run(() => this.#established(verification)),
      plaintext: (data) => scope.run(() => this.#plaintext(data)),
      ticket: () => scope.run(() => this.#ticket()),
      ended: (closeNotify) => {
        this.truncated = !closeNotify;
        if (this.#frames) this.#frames.then(() => scope.run(() => this.#end()));
        else if (!this.#onread?.isWaiting) scope.run(() => this.#end());
      },
      failed: (error) => {
        this.#frames?.flush();
        scope.run(() => this.#failed(error));
      },
      abandoned: () => {
        this.#frames?.flush();
        this.destroy();
      },
    });
    this._handle = new TransportHandle({
      asyncId: scope.asyncId,
      transport: () => connection.transport,
      readingChanged: () => this.#updateReading(),
      closeTransport: (closed) => {
        this.#frames?.clear();
        this.#handshake?.fail(this.errored ?? destroyedInHandshake());
        let closing: Progress<CloseMessage> | null = null;
        const begin = (): void =>
          connection.close(this.errored, () => {
            closing?.succeed({});
            scope.run(closed);
          });
        closing = operations.close.begin(() => this.#closeMessage(), begin);
      },
    });
    return connection;
  }

  #forward(transport: net.Socket): void {
    const forwards = FORWARDED.map((event) => {
      const forward = (...values: unknown[]): void => void this.emit(event, ...values);
      transport.on(event, forward);
      return { event, forward };
    });
    // It is the last of them, and the connection may live for long.
    transport.once('ready', () => {
      for (const { event, forward } of forwards) transport.off(event, forward);
    });
  }

  #attach(transport: Duplex, own: boolean): void {
    if (transport instanceof net.Socket && transport.connecting) {
      this.connecting = true;
      // Before 'connect' is emitted: net.Socket's own listeners look at it.
      transport.prependOnceListener('connect', () => {
        this.connecting = false;
        this._sockname = null;
        if (!own) this.emit('connect');
      });
    }
    this.#connection.attach(transport, own);
  }

  #send(chunks: readonly Uint8Array[], done: WriteCallback): void {
    const handle = this._handle;
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (handle) {
      handle.bytesWritten += length;
      handle.writeQueueSize += length;
    }
    this._unrefTimer();
    this.#connection.write(chunks, (error) => {
      if (handle) handle.writeQueueSize -= length;
      this.#scope.run(done, error);
    });
  }

  #plaintext(data: Buffer): void {
    const handle = this._handle;
    if (!handle) return;
    handle.bytesRead += data.length;
    if (this.#frames) this.#frames.add(data);
    else this.#deliver(data);
  }

  #deliver(data: Buffer): void {
    const wantsMore = this.#onread ? this.#onread.deliver(data) : this.push(data);
    if (!wantsMore) this._handle?.readStop();
  }

  #updateReading(): void {
    this.#connection.consumerReads = this._handle?.reading === true && !this.#frames?.isFull;
  }

  #onreadDrained(): void {
    if (this.truncated === null) this._handle?.readStart();
    else this.#end();
  }

  #end(): void {
    this.#onread?.end();
    this.push(null);
    // Nobody may be reading, but the end must be emitted.
    this.read(0);
  }

  #secure(info: NativeSessionInfo): void {
    const { alpnProtocol } = info;
    this.alpnProtocol = alpnProtocol ? Buffer.from(alpnProtocol).toString('latin1') : false;
    this.servername = this.#side.servername;
    if (this._secureEstablished) return;
    if (this.alpnProtocol === 'h2') this.#prepareForHttp2();
    if (this.#side.role === 'server') return;
    if (this.#side.requestsOCSP) this.emit('OCSPResponse', stapledIn(info));
    this.emit('secure');
  }

  /** What Node's HTTP/2 does, or need not do, for a socket with a libuv handle. */
  #prepareForHttp2(): void {
    this.setNoDelay(true);
    // RFC 9113 §9.2.1
    this.disableRenegotiation();
    if (this.#onread) return;
    this.#frames = new FrameTurns(new FrameBorders(this.#side.role === 'client' ? 'server' : 'client'), {
      socket: this,
      take: (piece) => this.#scope.run(() => this.#deliver(piece)),
      filled: () => this.#updateReading(),
    });
  }

  /** For those who follow the handshake. */
  #handshakeFacts(): Partial<HandshakeMessage> {
    return {
      servername: this.servername === false ? null : this.servername,
      protocol: this.getProtocol(),
      cipherSuite: this.getCipher()?.standardName ?? null,
      alpnProtocol: this.alpnProtocol === false ? null : this.alpnProtocol,
      resumed: this.isSessionReused(),
      authorized: this.verification && this.authorized,
    };
  }

  #closeMessage(): CloseMessage {
    const { errored, truncated, bytesRead, bytesWritten } = this;
    return { socket: this, role: this.#side.role, reason: errored, truncated, bytesRead, bytesWritten };
  }

  #failed(error: Error): void {
    this.#handshake?.fail(error);
    this.servername ??= this.#side.servername || null;
    // Of several who hear of it, one may destroy the socket, and another want to know whose it was.
    this._getpeername();
    if (this.secureConnecting) this.emit('_tlsError', error);
    this.destroy(this.#located(error));
  }

  #established(verification: Verification | null): void {
    const again = this._secureEstablished;
    this.verification = verification;
    this.authorized = verification?.authorized ?? false;
    this.authorizationError = verification?.error ? (codeOf(verification.error) as AuthorizationError) : NONE;
    this.secureConnecting = false;
    this._secureEstablished = true;
    if (again) return;
    this.#handshake?.succeed(this.#handshakeFacts());
    if (this.#side.role === 'server' && this.#side.answersChallenge) {
      this.#endAfterHandshake();
      return;
    }
    this.emit(this.#side.role === 'client' ? 'secureConnect' : 'secure');
    if (!this.destroyed && this.#hasSession()) this.emit('session', this.#session());
    if (!this.destroyed) this.read(0);
  }

  /** No data follows (RFC 8737 §3). It waits for the other end, since a reset could overtake our last flight. */
  #endAfterHandshake(): void {
    this.once('data', () => this.destroy());
    this.setTimeout(LAST_WORD_MS, () => this.destroy());
    this.end();
  }

  /** Up to TLS 1.2 a client has its session with the handshake; later, with the first ticket. */
  #hasSession(): boolean {
    if (this.#side.role === 'server') return false;
    return this.getProtocol() !== 'TLSv1.3' || !this.#side.reportsTickets;
  }

  /** Stands for another session than before. */
  #ticket(): void {
    this.#sessionToken = null;
    this.emit('session', this.#session());
  }

  /** An error before the connection is secure says where it was to go, as node:tls's does. */
  #located(error: Error): Error {
    return this.secureConnecting && 'code' in error && error.code === 'ECONNRESET'
      ? Object.assign(error, this.#target)
      : error;
  }
}

/** How long a peer may be silent when there is nothing more to say to it. */
const LAST_WORD_MS = 5000;

const UINT32_MAX = 0xffff_ffff;

const CHANNEL_BINDINGS = ['tls-server-end-point', 'tls-unique', 'tls-exporter'] as const;

/** What ties an authentication to a connection. */
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

/** Events of the net.Socket underneath that its users expect of this one. */
const FORWARDED = [
  'lookup',
  'connect',
  'ready',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
] as const;

const stapledIn = ({ stapledResponse }: NativeSessionInfo): Buffer | null =>
  stapledResponse && Buffer.from(stapledResponse);

/**
 * As node:tls: what the stream underneath allows. Any Duplex allows it by default, so that it has to be asked for
 * too.
 */
function mayHalfOpen(transport: Duplex | null | undefined, { allowHalfOpen }: TLSSocketOptions): boolean {
  if (!transport) return allowHalfOpen === true;
  return transport.allowHalfOpen && (transport instanceof net.Socket || allowHalfOpen === true);
}

function isDuplex(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'pipe' in value && 'write' in value && 'on' in value;
}

/** The peer's address of a socket that is connected. */
const addressOf = (transport: Duplex | null | undefined): string | undefined =>
  transport instanceof net.Socket ? transport.remoteAddress : undefined;

function toBytes(chunk: Uint8Array | string, encoding: BufferEncoding): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}

function targetOf(args: readonly unknown[]): ConnectTarget {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    const { host, port, path, localAddress } = first as ConnectTarget;
    return { host, port, path, localAddress };
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { path: first };
  return { port: Number(first), host: typeof second === 'string' ? second : 'localhost' };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
