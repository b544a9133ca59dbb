import { EventEmitter, once } from 'node:events';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type Server, type ServerOptions } from '../../adapters/https/index.js';
import { createRedirectServer } from '../../apps/acme/challenge/redirect-server.js';
import { createAcmeManager } from '../../apps/acme/manager/create.js';
import type { AcmeManager } from '../../apps/acme/manager/manager.js';
import type { ManagerOptions } from '../../apps/acme/manager/options.js';
import { type Clock, pauseFor, SYSTEM_CLOCK } from '../../base/async/clock.js';
import { toError } from '../../base/errors/to-error.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import type { CertificateChange } from '../../tls/server/followed-identity.js';
import { FallbackCertificate, type FallbackStore } from '../fallback/fallback-certificate.js';
import { windowsFallbackStore } from '../fallback/windows-store.js';
import { knowsHost } from '../names/site-names.js';
import { Answers } from './answers.js';
import { CertificatesShown } from './certificates-shown.js';
import { Connections, type WebServer } from './connections.js';
import { managedIdentity, type SiteIdentity } from './identity.js';
import type { SiteSettings } from './options.js';

/** The HTTPS server of a site: that of schannel/https, or one of node:https in tests. */
type SecureServer = WebServer & Pick<Server, 'addContext'>;

/** What a site is made of. Tests have other parts, and run on any system. */
export interface SiteParts {
  readonly createServer: (options: ServerOptions) => SecureServer;
  readonly createManager: (options: ManagerOptions) => AcmeManager;
  readonly fallbackStore: (of: NonNullable<SiteIdentity['fallback']>) => FallbackStore;
  readonly clock: Clock;
}

const OF_WINDOWS: SiteParts = {
  createServer,
  createManager: createAcmeManager,
  fallbackStore: ({ store, searches }) => windowsFallbackStore(store, searches),
  clock: SYSTEM_CLOCK,
};

/** What a site says. A warning or a failure that nobody listens to becomes a warning of the process. */
export interface SiteEvents {
  /** New clients get another certificate of the store. */
  certificate: [change: CertificateChange];
  /**
   * The certificate can't be got, found or used, the fall-back can't be made, or a connection can't be accepted. The
   * site goes on.
   */
  warning: [error: Error];
  /** `app` or `upgrade` failed, and the client got 500. */
  failure: [error: Error, request: http.IncomingMessage];
  /** close() was called. Connections that changed their protocol should end now. */
  closing: [];
}

/** A site that serve() has started. */
export class Site extends EventEmitter<SiteEvents> implements AsyncDisposable {
  /** The HTTPS server. */
  readonly https: SecureServer;
  /** What gets and renews the certificate; null without the option `acme`. It starts and stops with the site. */
  readonly acme: AcmeManager | null;
  readonly #settings: SiteSettings;
  readonly #clock: Clock;
  readonly #secure: Connections;
  readonly #shown = new CertificatesShown<CertificateContents>();
  readonly #fallback: FallbackCertificate | null;
  #redirect: { readonly server: http.Server; readonly connections: Connections } | null = null;
  #end: Promise<number> | null = null;

  /** Internal: serve() makes it. */
  constructor(settings: SiteSettings, parts: SiteParts = OF_WINDOWS) {
    super();
    const { names, challenges } = settings;
    this.#settings = settings;
    this.#clock = parts.clock;
    const { acme, identity } = shownBy(settings, parts);
    this.acme = acme;
    this.https = parts.createServer({ ...settings.server, ...identity.first, challenges });
    for (const [name, certificate] of identity.byName) this.https.addContext(name, { certificate });
    this.#secure = new Connections(this.https);
    this.#fallback =
      identity.fallback &&
      new FallbackCertificate({
        names,
        store: parts.fallbackStore(identity.fallback),
        isShown: (thumbprint) => this.#shown.has(thumbprint),
        quiet: () => this.#secure.quiet(),
      });
    this.#listen();
    this.acme?.on('failed', ({ error }) => error && this.#warn(error));
    this.acme?.on('warning', ({ text }) => this.#warn(new Error(text)));
  }

  /** Port of HTTPS; null after the end. */
  get httpsPort(): number | null {
    return portOf(this.https);
  }

  /** Port of the redirection; null if there is none. */
  get httpPort(): number | null {
    return this.#redirect && portOf(this.#redirect.server);
  }

  /** The certificates of the store that new clients get now. Empty until the first is found, and for one in a file. */
  get certificates(): readonly CertificateContents[] {
    return this.#shown.list();
  }

  /** Where visitors find it. */
  get urls(): readonly string[] {
    const { dns, ip } = this.#settings.names;
    const port = this.httpsPort;
    const suffix = port === null || port === 443 ? '' : `:${port}`;
    const hosts = [...dns, ...ip.map((address) => (address.includes(':') ? `[${address}]` : address))];
    return hosts.filter((host) => !host.startsWith('*.')).map((host) => `https://${host}${suffix}/`);
  }

  /** Internal. @throws Error of node:net: EADDRINUSE, EACCES, EADDRNOTAVAIL */
  async start(): Promise<void> {
    const { ports } = this.#settings;
    // Before the first client, which would find no certificate.
    await this.#checkFallback();
    try {
      await this.#listenOn(this.https, ports.https);
      if (ports.http !== null) await this.#redirectFrom(ports.http);
    } catch (error) {
      await this.close();
      throw error;
    }
    // Not before it can answer challenges.
    this.acme?.start();
  }

  /**
   * Ends the site: it takes no more connections, and answers what it was asked. What is open after the `drainTimeout`
   * is cut off. The certificates stay in the store, the fall-back as well.
   *
   * @returns how many connections were cut off
   */
  close(): Promise<number> {
    this.#end ??= this.#close();
    return this.#end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<number> {
    this.emit('closing');
    const pause = pauseFor(this.#clock, this.#settings.drainTimeout);
    const all = [this.#secure, ...(this.#redirect ? [this.#redirect.connections] : [])];
    const [cut] = await Promise.all([
      Promise.all(all.map((connections) => connections.end(pause.over))),
      this.acme?.stop(),
    ]);
    pause.end();
    return cut.reduce((sum, each) => sum + each, 0);
  }

  async #redirectFrom(port: number): Promise<void> {
    const { ports, names, tokens } = this.#settings;
    const server = createRedirectServer({
      hosts: (host) => knowsHost(names, host),
      httpsPort: this.httpsPort ?? ports.https,
      tokens,
    });
    this.#redirect = { server, connections: new Connections(server) };
    await this.#listenOn(server, port);
  }

  async #listenOn(server: WebServer, port: number): Promise<void> {
    const { address, family } = this.#settings;
    server.listen({
      port,
      ...(address !== undefined ? { host: address } : family === 4 && { host: '0.0.0.0' }),
      ...(address === undefined && family === 6 && { host: '::', ipv6Only: true }),
    });
    await once(server, 'listening');
    // Such as too many open files: the next client may be luckier.
    server.on('error', (error) => this.#warn(error));
  }

  #listen(): void {
    const answers = new Answers(this.#settings, (error, request) => {
      if (!this.emit('failure', toError(error), request)) process.emitWarning(toError(error));
    });
    this.https.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      this.#secure.owe(response);
      void answers.answer(request, response);
    });
    if (this.#settings.upgrade !== null) {
      this.https.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
        void answers.upgrade(request, socket, head);
      });
    }
    this.https.on('certificate', (change: CertificateChange) => {
      if (this.#shown.change(change.previous, change.current)) this.emit('certificate', change);
      void this.#checkFallback();
    });
    this.https.on('certificateWarning', (error: Error) => {
      this.#warn(error);
      void this.#checkFallback();
    });
  }

  async #checkFallback(): Promise<void> {
    if (this.#end !== null) return;
    await this.#fallback?.check().catch((error: unknown) => this.#warn(toError(error)));
  }

  #warn(error: Error): void {
    if (!this.emit('warning', error)) process.emitWarning(error);
  }
}

/** What the site shows, and what gets it. */
function shownBy(
  { identity, names }: SiteSettings,
  { createManager }: SiteParts,
): { readonly acme: AcmeManager | null; readonly identity: SiteIdentity } {
  if (!('manager' in identity)) return { acme: null, identity };
  const acme = createManager(identity.manager);
  const name = 'dns' in names.first ? names.first.dns : names.first.ip;
  return { acme, identity: managedIdentity(acme.certificateFor(name), names, identity.fallback) };
}

function portOf(server: WebServer): number | null {
  const address = server.address() as AddressInfo | null;
  return address?.port ?? null;
}
