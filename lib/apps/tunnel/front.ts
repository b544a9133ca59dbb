import type net from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { toError } from '../../base/errors/to-error.js';
import type { SecureContextOptions } from '../../tls/secure-context/secure-context.js';
import type { CertificateChange, SecureServer, SecureSocket, TunnelParts } from './parts.js';
import type { ServerSettings } from './settings.js';
import { goneEarly } from './errors.js';

/** What a front says while it is in use. */
export interface FrontEvents {
  readonly certificate: (change: CertificateChange) => void;
  readonly warning: (error: Error) => void;
}

interface Waiting {
  readonly secured: (socket: SecureSocket) => void;
  readonly failed: (error: Error) => void;
}

/** Options of createServer() that say which certificate is shown. */
const IDENTITY = ['certificate', 'pfx', 'cert', 'key', 'passphrase'] as const;

/**
 * The TLS of a server tunnel. It listens nowhere: the port stays open while one front takes the place of another, and
 * each connection ends with the front that it began with.
 */
export class SecureFront {
  readonly #parts: TunnelParts;
  readonly #server: SecureServer;
  /** Handshakes, by their connection: the client of a pipe has no address. */
  readonly #waiting = new Map<object, Waiting>();

  /** @throws as createServer() */
  constructor(settings: ServerSettings, parts: TunnelParts, events: FrontEvents) {
    this.#parts = parts;
    const { tls, timeouts, limits, redirect, certificateOptional, routes, demand } = settings;
    // Whom a client asks for is known when it is too late for another handshake.
    const differ = routes.some((route) => !isDeepStrictEqual(route.demand, demand));
    this.#server = parts.createServer({
      ...tls,
      allowHalfOpen: true,
      handshakeTimeout: timeouts.handshake === 0 ? LONGEST_TIMER_MS : timeouts.handshake,
      maxHandshakes: limits.handshakes,
      // Who is not let in here is sent elsewhere, or came without a certificate, or is judged by the name.
      ...((redirect !== null || certificateOptional || differ) && { rejectUnauthorized: false }),
      ...(differ && { requestCert: true }),
    });
    for (const { name, tls: own } of routes) {
      if (own !== undefined) this.#server.addContext(name, { ...inherited(tls, own), ...own });
    }
    this.#server.on('secureConnection', (socket: SecureSocket) => {
      this.#take(parts.connectionOf(socket))?.secured(socket);
    });
    this.#server.on('tlsClientError', (error: unknown, socket: SecureSocket) => {
      this.#take(parts.connectionOf(socket))?.failed(toError(error));
    });
    this.#server.on('certificate', events.certificate);
    this.#server.on('certificateWarning', events.warning);
  }

  /** Follows the stores of its certificates until {@link end}. */
  begin(): void {
    this.#parts.follow(this.#server, true);
  }

  end(): void {
    this.#parts.follow(this.#server, false);
  }

  /** Makes a connection secure. @throws what went wrong in the handshake */
  secure(transport: net.Socket): Promise<SecureSocket> {
    return new Promise((resolve, reject) => {
      // Nothing is told before the next turn.
      const connection = this.#parts.begin(this.#server, transport);
      this.#waiting.set(connection, { secured: resolve, failed: reject });
      // The reason comes with an event of the server, if there is one.
      transport.once('close', () => setImmediate(() => this.#take(connection)?.failed(goneEarly())));
    });
  }

  #take(connection: object): Waiting | undefined {
    const waiting = this.#waiting.get(connection);
    this.#waiting.delete(connection);
    return waiting;
  }
}

/** The options of the tunnel for a route: without its certificate, if the route names another one. */
function inherited(tls: SecureContextOptions, own: SecureContextOptions): SecureContextOptions {
  if (IDENTITY.every((name) => own[name] == null)) return tls;
  return { ...tls, ...Object.fromEntries(IDENTITY.map((name) => [name, undefined])) };
}
