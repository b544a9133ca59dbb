import { captureRejectionSymbol } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';

import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { closedInHandshake } from '../engine/faults.js';
import { contextFrom, makeSecureContext, type ContextSource } from '../secure-context/factory.js';
import type { SecureContext, SecureContextOptions } from '../secure-context/secure-context.js';
import { refuseUnsupportedOptions } from '../secure-context/unsupported-options.js';
import { alpnWireFormat, parseAlpnProtocols } from '../socket/alpn.js';
import { isTruthy } from '../socket/socket-options.js';
import {
  refusePins,
  type ALPNCallback,
  type SNICallback,
  type TlsChallenges,
} from '../socket/server-options.js';
import { TLSSocket } from '../socket/tls-socket.js';
import { Connections } from './connections.js';
import { FollowedIdentities, lookupInStores } from './followed-identities.js';
import type { CertificateChange } from './followed-identity.js';
import { HandshakeQueue } from './handshake-queue.js';
import { type HostPattern, hostPattern } from './host-pattern.js';
import {
  givenOptions,
  parseAcceptSettings,
  type AcceptSettings,
  type ServerOptions,
} from './server-options.js';

/** Called with every connection once it is secure. */
export type SecureConnectionListener = (socket: TLSSocket) => void;

/**
 * A TLS server on Schannel, with the properties, methods and events of tls.Server. It is a net.Server: each connection
 * is emitted as 'connection', and TLS begins on it. `server.emit('connection', duplex)` therefore serves any stream.
 *
 * Events in addition to those of net.Server:
 * - `secureConnection` (TLSSocket): a connection is secure
 * - `tlsClientError` (error, TLSSocket): a connection failed before it was secure
 * - `certificate` ({ previous, current }): from now on, clients get another certificate of the store
 * - `certificateWarning` (error): the store has no matching certificate, or can't be read. The server keeps the
 *   present certificate. Without a listener, the error becomes a process warning.
 */
export class Server extends net.Server {
  // Copies of the options, as in node:tls.
  requestCert: boolean;
  rejectUnauthorized: boolean;
  ALPNProtocols: Buffer | undefined;
  ALPNCallback: ALPNCallback | null | undefined;
  /** May be set at any time, for new connections. */
  challenges: TlsChallenges | null | undefined;
  pfx: ServerOptions['pfx'];
  key: ServerOptions['key'];
  passphrase: ServerOptions['passphrase'];
  cert: ServerOptions['cert'];
  certificate: ServerOptions['certificate'];
  temporaryKeys: ServerOptions['temporaryKeys'];
  ca: ServerOptions['ca'];
  extraCa: ServerOptions['extraCa'];
  requiredUsages: ServerOptions['requiredUsages'];
  requiredPolicies: ServerOptions['requiredPolicies'];
  minVersion: ServerOptions['minVersion'];
  maxVersion: ServerOptions['maxVersion'];
  secureProtocol: ServerOptions['secureProtocol'];
  sessionTimeout: ServerOptions['sessionTimeout'];
  allowPartialTrustChain: ServerOptions['allowPartialTrustChain'];
  crl: ServerOptions['crl'];
  revocation: ServerOptions['revocation'];
  revocationTimeout: ServerOptions['revocationTimeout'];
  windowHandle: ServerOptions['windowHandle'];
  ciphers: ServerOptions['ciphers'];
  honorCipherOrder = true;
  declare pauseOnConnect?: boolean;

  /** @internal Names with their contexts, in the order in which they were added. */
  readonly _contexts: [pattern: HostPattern, context: SecureContext][] = [];
  /** @internal For clients that ask for no name, or for an unknown one. */
  declare _sharedCreds: SecureContext;
  readonly #settings: AcceptSettings;
  readonly #handshakes: HandshakeQueue;
  readonly #followed = new FollowedIdentities(
    lookupInStores({
      asksClients: () => this.requestCert,
      // On the next tick, so an error that a listener throws isn't taken for one of the store.
      changed: (change: CertificateChange) => process.nextTick(() => this.emit('certificate', change)),
      troubled: (error) =>
        process.nextTick(() => {
          if (!this.emit('certificateWarning', error)) process.emitWarning(error);
        }),
    }),
  );
  readonly #iterations = new Set<Connections>();
  /** For streams that a program gives us; a net.Socket of ours has it from net.Server. */
  readonly #allowsHalfOpen: boolean;
  #keepsAlive = true;
  #isServing = false;

  /** @throws as createSecureContext(); TypeError ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS */
  constructor(
    options?: ServerOptions | SecureConnectionListener | null,
    listener?: SecureConnectionListener | null,
  ) {
    const given: ServerOptions = givenOptions(options);
    super(given);
    // node:tls only asks if the value is true. Any truthy value shows the intention, so it asks here.
    this.requestCert = isTruthy(given.requestCert);
    this.rejectUnauthorized = given.rejectUnauthorized !== false;
    this.#allowsHalfOpen = isTruthy(given.allowHalfOpen);
    this.ALPNCallback = given.ALPNCallback;
    this.challenges = given.challenges;
    this.#settings = parseAcceptSettings(given);
    this.#handshakes = new HandshakeQueue(this.#settings.maxHandshakes);
    if (given.ALPNProtocols) this.ALPNProtocols = alpnWireFormat(parseAlpnProtocols(given.ALPNProtocols));
    this.setSecureContext(given);
    this.on('connection', (transport: Duplex) => this._secure(transport));
    this.on('listening', () => this.#follow());
    const heard = typeof options === 'function' ? options : listener;
    if (heard) this.on('secureConnection', heard);
  }

  /**
   * New settings for new connections. Existing ones keep theirs.
   * @throws as createSecureContext()
   */
  setSecureContext(options: SecureContextOptions): void {
    if (typeof options !== 'object' || (options as unknown) === null)
      throw invalidType('options', 'of type object', options);
    refuseUnsupportedOptions(options);
    refusePins(options);
    for (const name of CONTEXT_OPTIONS) Object.assign(this, { [name]: options[name] ?? undefined });
    this._sharedCreds = makeSecureContext({
      ...Object.fromEntries(CONTEXT_OPTIONS.map((name) => [name, this[name]])),
    });
    this.#follow();
  }

  /**
   * Settings for clients that ask for this name; `*` stands for a part without a dot. If several match, the last one
   * added is used.
   * @throws as createSecureContext(); Error ERR_TLS_REQUIRED_SERVER_NAME; TypeError ERR_TLS_INVALID_CONTEXT
   */
  addContext(hostname: string, context: ContextSource): void {
    if (!hostname) {
      throw Object.assign(new Error('"servername" is required parameter for Server.addContext'), {
        code: 'ERR_TLS_REQUIRED_SERVER_NAME',
      });
    }
    refusePins(context);
    const made = contextFrom(context);
    this._contexts.push([hostPattern(hostname), made]);
    this.#follow();
  }

  override close(callback?: (error?: Error) => void): this {
    this.#followed.follow(null);
    for (const iteration of this.#iterations) iteration.close();
    return super.close(callback);
  }

  /**
   * The secure connections from now on, for `for await`. The loop ends after close(), and fails with the server's
   * error. At most a hundred connections wait for a busy loop; others are closed, with the event 'drop'. When the loop
   * is left, those that wait are closed, and the server goes on.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<TLSSocket, undefined> {
    const iteration = new Connections(this, (over) => this.#iterations.delete(over));
    this.#iterations.add(iteration);
    return iteration;
  }

  override ref(): this {
    this.#keepsAlive = true;
    this.#follow();
    return super.ref();
  }

  /** Also stops following stores, which would keep the process alive. They are searched for each connection then. */
  override unref(): this {
    this.#keepsAlive = false;
    this.#follow();
    return super.unref();
  }

  /** @internal Follows stores as if it listened: it gets its connections from another server. */
  _followWhileServing(isServing: boolean): void {
    this.#isServing = isServing;
    this.#follow();
  }

  /** @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED always */
  getTicketKeys(): never {
    throw ticketKeysRefused();
  }

  /** @throws TypeError for an invalid value; otherwise SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED */
  setTicketKeys(keys: NodeJS.ArrayBufferView): never {
    if (!ArrayBuffer.isView(keys))
      throw invalidType('buffer', 'an instance of Buffer, TypedArray, or DataView', keys);
    if (keys.byteLength !== 48) {
      throw argumentError('ERR_INVALID_ARG_VALUE', 'Session ticket keys must be a 48-byte buffer');
    }
    throw ticketKeysRefused();
  }

  /** If a listener of 'secureConnection' rejects, its connection ends with that error (captureRejections). */
  override [captureRejectionSymbol](error: Error, event: string | symbol, ...args: readonly unknown[]): void {
    const [socket] = args;
    if (event === 'secureConnection' && socket instanceof TLSSocket) {
      socket.destroy(error);
      return;
    }
    const ofOthers = super[captureRejectionSymbol] as ((...report: unknown[]) => void) | undefined;
    ofOthers?.call(this, error, event, ...args);
  }

  /** Follows stores only while the server is in use, because following keeps the process alive. */
  #follow(): void {
    const isMeant = (this.listening || this.#isServing) && this.#keepsAlive;
    this.#followed.follow(
      isMeant ? [this._sharedCreds, ...this._contexts.map(([, context]) => context)] : null,
    );
  }

  /** @internal Begins TLS on a stream, as 'connection' does. */
  _secure(transport: Duplex): TLSSocket {
    const turn = new Turn();
    const socket = new TLSSocket(transport, {
      isServer: true,
      server: this,
      secureContext: this._sharedCreds,
      requestCert: this.requestCert,
      rejectUnauthorized: this.rejectUnauthorized,
      handshakeTimeout: this.#settings.handshakeTimeout,
      ALPNProtocols: this.ALPNProtocols,
      ALPNCallback: this.ALPNCallback,
      challenges: this.challenges,
      SNICallback: this.#settings.selectContext ?? this.#contextOfName,
      pauseOnConnect: this.pauseOnConnect === true,
      allowHalfOpen: this.#allowsHalfOpen,
      turn: turn.comes,
      follow: this.#followed.current,
    });
    const handshake = { begin: turn.begin, giveUp: () => socket._handleTimeout() };
    const leave = (): void => this.#handshakes.leave(handshake);
    socket.once('secure', leave).once('close', leave);
    this.#handshakes.enter(handshake);
    this.#watch(socket);
    return socket;
  }

  /** Until the connection is secure, the server reports its errors. */
  #watch(socket: TLSSocket): void {
    let isTold = false;
    const failed = (error: Error): void => {
      if (isTold || socket._secureEstablished) return;
      isTold = true;
      this.emit('tlsClientError', error, socket);
    };
    socket.on('_tlsError', failed);
    // As in node:tls, an error of a secure connection without a listener must not end the program.
    socket.on('error', failed);
    socket.once('close', () => failed(closedInHandshake(null, 'server')));
    socket.once('secure', () => this.emit('secureConnection', socket));
  }

  readonly #contextOfName: SNICallback = (servername, done) => {
    const [found] = this._contexts.filter(([pattern]) => pattern.test(servername)).reverse();
    done(null, found?.[1]);
  };
}

/** The moment when a connection may begin its handshake. */
class Turn {
  begin: () => void = () => undefined;
  readonly comes = new Promise<void>((resolve) => {
    this.begin = resolve;
  });
}

/** As tls.createServer(). @throws as {@link Server} */
export function createServer(listener?: SecureConnectionListener): Server;
export function createServer(
  options: ServerOptions | null | undefined,
  listener?: SecureConnectionListener | null,
): Server;
export function createServer(
  options?: ServerOptions | SecureConnectionListener | null,
  listener?: SecureConnectionListener | null,
): Server {
  return new Server(options, listener);
}

const CONTEXT_OPTIONS = [
  'pfx',
  'key',
  'passphrase',
  'cert',
  'certificate',
  'temporaryKeys',
  'ca',
  'extraCa',
  'requiredUsages',
  'requiredPolicies',
  'ciphers',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'sessionTimeout',
  'allowPartialTrustChain',
  'crl',
  'revocation',
  'revocationTimeout',
  'windowHandle',
] as const;

function ticketKeysRefused(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    'Windows makes its own ticket keys and does not export them',
    {
      advice: "Use node:tls if several processes must resume each other's sessions.",
    },
  );
}
