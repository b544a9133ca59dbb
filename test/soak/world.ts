import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { Duplex } from 'node:stream';
import { linkedPair } from '../support/schannel-server.js';
import type { Content } from './content.js';
import { End, type EndReport, type Wire } from './end.js';
import type { Library, Plan, Transport } from './plan.js';

/** A library under test: this one, or node:tls in its place. */
export interface Tls {
  connect(options: tls.ConnectionOptions): Wire;
  createServer(options: tls.TlsOptions, listener: (socket: Wire) => void): SoakServer;
}

export type SoakServer = net.Server & { setSecureContext(options: Identity): void };

export const NODE_TLS = tls as unknown as Tls;

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Where the servers of a process listen. Names of pipes, or ports. */
export type Addresses = Readonly<Record<Exclude<Transport, 'memory'>, string | number>>;

export interface WorldOptions {
  readonly tls: Tls;
  readonly library: Library;
  readonly identity: Identity;
  /** PEM of the authority of all servers. */
  readonly ca: string;
  /** PEM of another one. */
  readonly otherCa: string;
  readonly content: Content;
  readonly planOf: (number: number) => Plan;
  /** Of the pipe; nobody else's. */
  readonly name: string;
  readonly step: (end: End) => void;
  /** An end of a server is over. */
  readonly ended: (report: EndReport) => void;
  /** A connection came to nothing before it was secure. */
  readonly failed: (code: string) => void;
}

const SERVER_NAME = 'localhost';
const HANDSHAKE_MS = 3_600_000;

/** The servers and clients of one library in one process. */
export class World {
  readonly #options: WorldOptions;
  readonly #servers: Readonly<Record<Transport, SoakServer>>;
  /** The TLS around TLS. */
  readonly #outer: SoakServer;
  readonly #live = new Set<End>();
  readonly #open = new Set<Duplex>();

  constructor(options: WorldOptions) {
    this.#options = options;
    // The machine may be busy with other things.
    const common = { ...options.identity, allowHalfOpen: true, handshakeTimeout: HANDSHAKE_MS };
    const serve = (): SoakServer => {
      const server = options.tls.createServer(common, (socket) => this.#serve(socket));
      server.on('tlsClientError', (error: NodeJS.ErrnoException) =>
        options.failed(error.code ?? error.message),
      );
      server.on('connection', (raw: Duplex) => this.#keep(raw));
      return server;
    };
    this.#servers = { tcp: serve(), pipe: serve(), tls: serve(), memory: serve() };
    this.#outer = options.tls.createServer(common, (socket) => {
      socket.on('error', () => undefined);
      this.#servers.tls.emit('connection', socket);
    });
    this.#outer.on('tlsClientError', (error: NodeJS.ErrnoException) =>
      options.failed(error.code ?? error.message),
    );
    this.#outer.on('connection', (raw: Duplex) => this.#keep(raw));
  }

  async listen(): Promise<Addresses> {
    const { tcp, pipe } = this.#servers;
    const name = pipeName(this.#options.name);
    pipe.listen(name);
    for (const server of [tcp, this.#outer]) server.listen(0, '127.0.0.1');
    const listening = [tcp, pipe, this.#outer];
    await Promise.all(listening.map((server) => once(server, 'listening')));
    const portOf = (server: SoakServer): number => (server.address() as AddressInfo).port;
    return { tcp: portOf(tcp), pipe: name, tls: portOf(this.#outer) };
  }

  /** Another certificate for connections from now on. */
  renew(identity: Identity): void {
    for (const server of [...Object.values(this.#servers), this.#outer]) server.setSecureContext(identity);
  }

  /** Ends of servers and clients that are not over. */
  get live(): ReadonlySet<End> {
    return this.#live;
  }

  /** Transports that the servers have taken in, and that are open. */
  get openTransports(): number {
    return this.#open.size;
  }

  /**
   * Opens what the plan says. @param at where the server's process listens
   * @param farServer which gets the other end of a pair in memory
   */
  async open(plan: Plan, at: Addresses, farServer: World): Promise<End | string> {
    const { tls: library, ca, otherCa } = this.#options;
    const controller = new AbortController();
    const shared = { ca, servername: SERVER_NAME, handshakeTimeout: HANDSHAKE_MS };
    const options: tls.ConnectionOptions & {
      signal?: AbortSignal;
      allowHalfOpen: boolean;
      handshakeTimeout: number;
    } = {
      ...shared,
      ...(plan.action === 'untrusted' ? { ca: otherCa } : {}),
      maxVersion: plan.version,
      allowHalfOpen: plan.isHalfOpen,
      ...(plan.highWaterMark === null ? {} : { highWaterMark: plan.highWaterMark }),
      ...(plan.action === 'abort' ? { signal: controller.signal } : {}),
    };
    let transport: Duplex | null = null;
    if (plan.transport === 'memory') transport = farServer.#pair();
    else if (plan.transport === 'tls') {
      const raw = connectTo(at.tls, true);
      const outer = library.connect({ ...shared, socket: raw, allowHalfOpen: true } as object);
      const failed = await secured(outer);
      if (failed !== null) return `outer: ${failed}`;
      transport = outer;
    } else if (plan.isGiven) transport = connectTo(at[plan.transport], plan.isHalfOpen);
    let end: End | null = null;
    const address = plan.transport === 'memory' ? 0 : at[plan.transport];
    const where = transport === null ? targetOf(address) : { socket: transport };
    const onread = {
      buffer: Buffer.alloc(16_384),
      callback: (size: number, buffer: Uint8Array) => {
        end?.take(buffer.subarray(0, size));
        return true;
      },
    };
    const reads = plan.manner.client.reading === 'onread' ? { onread } : {};
    const socket = library.connect({ ...options, ...where, ...reads });
    end = new End(
      socket,
      {
        ...{ role: 'client', content: this.#options.content, plan: this.#options.planOf },
        step: this.#options.step,
        abort: () => controller.abort(),
      },
      plan,
    );
    this.#watch(end);
    return end;
  }

  async close(): Promise<void> {
    const listening = [this.#servers.tcp, this.#servers.pipe, this.#outer];
    for (const raw of this.#open) raw.destroy();
    await Promise.all(listening.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #serve(socket: Wire): void {
    const end: End = new End(
      socket,
      {
        ...{ role: 'server', content: this.#options.content, plan: this.#options.planOf },
        step: this.#options.step,
      },
      null,
    );
    this.#watch(end);
    void end.over.then(this.#options.ended);
  }

  #watch(end: End): void {
    this.#live.add(end);
    void end.over.then(() => this.#live.delete(end));
  }

  /** The far end of a pair is taken in. @returns the near one */
  #pair(): Duplex {
    const [near, far] = linkedPair();
    this.#servers.memory.emit('connection', far);
    return near;
  }

  #keep(raw: Duplex): void {
    this.#open.add(raw);
    raw.once('close', () => this.#open.delete(raw));
  }
}

const targetOf = (address: string | number): object =>
  typeof address === 'number' ? { port: address, host: '127.0.0.1' } : { path: address };

const connectTo = (address: string | number, allowHalfOpen: boolean): net.Socket =>
  net.connect({ ...targetOf(address), allowHalfOpen } as net.NetConnectOpts).on('error', () => undefined);

/** Waits for 'secureConnect'. @returns why it does not come, or null */
async function secured(socket: Wire): Promise<string | null> {
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closed'));
    socket.once('secureConnect', () => resolve(null));
  });
}

const pipeName = (name: string): string =>
  process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : `/tmp/${name}.sock`;
