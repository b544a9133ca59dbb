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
import type { ALPNCallback, SNICallback } from '../socket/server-options.js';
import { TLSSocket } from '../socket/tls-socket.js';
import { FollowedIdentities, lookupInStores } from './followed-identities.js';
import type { CertificateChange } from './followed-identity.js';
import { HandshakeQueue } from './handshake-queue.js';
import { type HostPattern, hostPattern } from './host-pattern.js';
import { parseAcceptSettings, type AcceptSettings, type ServerOptions } from './server-options.js';

/** Hears of every connection once it is secure. */
export type SecureConnectionListener = (socket: TLSSocket) => void;

/**
 * A TLS server by Schannel, with the properties, methods and events of tls.Server. It is a net.Server: what connects is
 * emitted as 'connection', and TLS begins on it, so that `server.emit('connection', duplex)` serves any stream.
 *
 * Events beside those of net.Server: `secureConnection` (a TLSSocket whose client may be talked to) and
 * `tlsClientError` (what ended a connection before that, and its TLSSocket). With a `certificate` that is looked for in a
 * store, `certificate` ({ previous, current }) tells that clients are shown another from now on, and
 * `certificateWarning` (an error) that there is none to take, or that the store cannot be read: the server then goes on
 * with what it has. A warning that nobody listens to is the process's.
 */
export class Server extends net.Server {
  // Copies of the options, as node:tls has them.
  requestCert: boolean;
  rejectUnauthorized: boolean;
  ALPNProtocols: Buffer | undefined;
  ALPNCallback: ALPNCallback | null | undefined;
  pfx: ServerOptions['pfx'];
  key: ServerOptions['key'];
  passphrase: ServerOptions['passphrase'];
  cert: ServerOptions['cert'];
  certificate: ServerOptions['certificate'];
  temporaryKeys: ServerOptions['temporaryKeys'];
  ca: ServerOptions['ca'];
  minVersion: ServerOptions['minVersion'];
  maxVersion: ServerOptions['maxVersion'];
  secureProtocol: ServerOptions['secureProtocol'];
  sessionTimeout: ServerOptions['sessionTimeout'];
  allowPartialTrustChain: ServerOptions['allowPartialTrustChain'];
  crl: ServerOptions['crl'];
  revocation: ServerOptions['revocation'];
  revocationTimeout: ServerOptions['revocationTimeout'];
  ciphers: ServerOptions['ciphers'];
  honorCipherOrder = true;
  declare pauseOnConnect?: boolean;

  /** @internal Names with their contexts, in the order in which they were added. */
  readonly _contexts: [pattern: HostPattern, context: SecureContext][] = [];
  /** @internal For whoever asks for no name, or for one that is not known. */
  declare _sharedCreds: SecureContext;
  readonly #settings: AcceptSettings;
  readonly #handshakes: HandshakeQueue;
  readonly #followed = new FollowedIdentities(
    lookupInStores({
      asksClients: () => this.requestCert,
      // What a listener throws is not the store's fault.
      changed: (change: CertificateChange) => process.nextTick(() => this.emit('certificate', change)),
      troubled: (error) =>
        process.nextTick(() => {
          if (!this.emit('certificateWarning', error)) process.emitWarning(error);
        }),
    }),
  );
  #keepsAlive = true;

  /** @throws as createSecureContext(); TypeError ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS */
  constructor(
    options?: ServerOptions | SecureConnectionListener | null,
    listener?: SecureConnectionListener | null,
  ) {
    const given = optionsOf(options);
    super(given);
    // node:tls asks nobody by anything but true; who means to ask should.
    this.requestCert = isTruthy(given.requestCert);
    this.rejectUnauthorized = given.rejectUnauthorized !== false;
    this.ALPNCallback = given.ALPNCallback;
    this.#settings = parseAcceptSettings(given);
    this.#handshakes = new HandshakeQueue(this.#settings.maxHandshakes);
    if (given.ALPNProtocols) this.ALPNProtocols = alpnWireFormat(parseAlpnProtocols(given.ALPNProtocols));
    this.setSecureContext(given);
    this.on('connection', (transport: Duplex) => this.#accept(transport));
    this.on('listening', () => this.#follow());
    const heard = typeof options === 'function' ? options : listener;
    if (heard) this.on('secureConnection', heard);
  }

  /**
   * Other settings for connections from now on; those that are there keep theirs.
   * @throws as createSecureContext()
   */
  setSecureContext(options: SecureContextOptions): void {
    if (typeof options !== 'object' || (options as unknown) === null)
      throw invalidType('options', 'of type object', options);
    refuseUnsupportedOptions(options);
    for (const name of CONTEXT_OPTIONS) Object.assign(this, { [name]: options[name] ?? undefined });
    this._sharedCreds = makeSecureContext({
      ...Object.fromEntries(CONTEXT_OPTIONS.map((name) => [name, this[name]])),
    });
    this.#follow();
  }

  /**
   * Settings for clients that ask for this name; `*` stands for a part without a dot. Of several that fit, the one that
   * was added last counts.
   * @throws as createSecureContext(); Error ERR_TLS_REQUIRED_SERVER_NAME; TypeError ERR_TLS_INVALID_CONTEXT
   */
  addContext(hostname: string, context: ContextSource): void {
    if (!hostname) {
      throw Object.assign(new Error('"servername" is required parameter for Server.addContext'), {
        code: 'ERR_TLS_REQUIRED_SERVER_NAME',
      });
    }
    const made = contextFrom(context);
    this._contexts.push([hostPattern(hostname), made]);
    this.#follow();
  }

  override close(callback?: (error?: Error) => void): this {
    this.#followed.follow(null);
    return super.close(callback);
  }

  override ref(): this {
    this.#keepsAlive = true;
    this.#follow();
    return super.ref();
  }

  /** Also ends following stores, which would keep the process alive; they are looked into for each connection then. */
  override unref(): this {
    this.#keepsAlive = false;
    this.#follow();
    return super.unref();
  }

  /** @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED always */
  getTicketKeys(): never {
    throw ticketKeysRefused();
  }

  /** @throws TypeError for what can be no keys; else SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED */
  setTicketKeys(keys: NodeJS.ArrayBufferView): never {
    if (!ArrayBuffer.isView(keys))
      throw invalidType('buffer', 'an instance of Buffer, TypedArray, or DataView', keys);
    if (keys.byteLength !== 48) {
      throw argumentError('ERR_INVALID_ARG_VALUE', 'Session ticket keys must be a 48-byte buffer');
    }
    throw ticketKeysRefused();
  }

  /** What a listener of 'secureConnection' rejects with ends its connection (captureRejections). */
  override [captureRejectionSymbol](error: Error, event: string | symbol, ...args: readonly unknown[]): void {
    const [socket] = args;
    if (event === 'secureConnection' && socket instanceof TLSSocket) {
      socket.destroy(error);
      return;
    }
    const ofOthers = super[captureRejectionSymbol] as ((...report: unknown[]) => void) | undefined;
    ofOthers?.call(this, error, event, ...args);
  }

  /** Only who listens follows: that keeps the process alive. */
  #follow(): void {
    const isMeant = this.listening && this.#keepsAlive;
    this.#followed.follow(
      isMeant ? [this._sharedCreds, ...this._contexts.map(([, context]) => context)] : null,
    );
  }

  #accept(transport: Duplex): void {
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
      SNICallback: this.#settings.selectContext ?? this.#contextOfName,
      pauseOnConnect: this.pauseOnConnect === true,
      turn: turn.comes,
      follow: this.#followed.current,
    });
    const handshake = { begin: turn.begin, giveUp: () => socket._handleTimeout() };
    const leave = (): void => this.#handshakes.leave(handshake);
    socket.once('secure', leave).once('close', leave);
    this.#handshakes.enter(handshake);
    this.#watch(socket);
  }

  /** Until the connection is secure, what becomes of it is the server's to tell. */
  #watch(socket: TLSSocket): void {
    let isTold = false;
    const failed = (error: Error): void => {
      if (isTold || socket._secureEstablished) return;
      isTold = true;
      this.emit('tlsClientError', error, socket);
    };
    socket.on('_tlsError', failed);
    // Also a secure connection must not end the program when nobody listens to it, as in node:tls.
    socket.on('error', failed);
    socket.once('close', () => failed(closedInHandshake(null, 'server')));
    socket.once('secure', () => this.emit('secureConnection', socket));
  }

  readonly #contextOfName: SNICallback = (servername, done) => {
    const [found] = this._contexts.filter(([pattern]) => pattern.test(servername)).reverse();
    done(null, found?.[1]);
  };
}

/** The moment from which a connection may shake hands. */
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
  'ciphers',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'sessionTimeout',
  'allowPartialTrustChain',
  'crl',
  'revocation',
  'revocationTimeout',
] as const;

function optionsOf(options: unknown): ServerOptions {
  if (options === undefined || options === null || typeof options === 'function') return {};
  if (typeof options === 'object') return options;
  throw invalidType('options', 'of type object', options);
}

function ticketKeysRefused(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    'Windows makes its own ticket keys, and keeps them',
    {
      advice: "Use node:tls where several processes have to resume each other's sessions.",
    },
  );
}
