import { EventEmitter, once } from 'node:events';
import type net from 'node:net';
import { type CancelTimer, LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { deferred } from '../../base/async/deferred.js';
import { integerWithin } from '../../base/errors/argument-error.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import type { ThroughStep } from '../../adapters/proxy/steps.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { rotated } from './dial.js';
import {
  type Address,
  addressText,
  hostAndPort,
  isLoopback,
  isSameAddress,
  type Target,
} from './endpoint.js';
import { cannotAccept, cannotListen, cutOff, exposed, limitReached, unverified } from './errors.js';
import { SecureFront } from './front.js';
import type { TunnelOptions } from './options.js';
import type { CertificateChange, TunnelParts } from './parts.js';
import { type ConnectionFacts, Passage } from './passage.js';
import { Programs } from './program/programs.js';
import { parseTunnelOptions, type TunnelSettings } from './settings.js';

/** What a tunnel says. Each connection has a number, which all events about it have. */
export interface TunnelEvents {
  /** A connection was accepted. */
  connection: [connection: ConnectionFacts];
  /** A target was reached. */
  connected: [connection: ConnectionFacts];
  /** TLS is there, and the peer is verified as far as the options say. */
  secure: [connection: ConnectionFacts];
  /** Both ends are there, and bytes flow. */
  open: [connection: ConnectionFacts];
  /** A connection that was open is over; the error is null after a regular end. */
  close: [connection: ConnectionFacts, error: Error | null];
  /** A connection ended before it was open. */
  refused: [connection: ConnectionFacts, error: Error];
  /** A reload has ended: null if the new options are in use, or why the old ones still are. */
  reload: [error: Error | null];
  /** It takes connections: at the start, and at another address after a reload. */
  listening: [status: TunnelStatus];
  /** An attempt to listen has failed. The name is that of the tunnel. */
  unbound: [tunnel: string, error: Error];
  /** New clients get another certificate of the store. The name is that of the tunnel. */
  certificate: [change: CertificateChange, tunnel: string];
  /** Something needs attention; the tunnel goes on. Without a listener it becomes a warning of the process. */
  warning: [error: Error, tunnel: string];
}

/** What a reload comes to, before anything has changed. */
export interface PreparedReload {
  /** Takes over. It can't fail. */
  readonly commit: () => void;
  /** Leaves everything as it was. */
  readonly abandon: () => Promise<void>;
}

export type TunnelState = 'idle' | 'starting' | 'listening' | 'draining' | 'closed';

export interface TargetStatus {
  readonly address: string;
  /** What the last attempt came to; 'unknown' before the first. */
  readonly state: 'unknown' | 'up' | 'down';
  /** Why it is down. */
  readonly error: string | null;
}

export interface TunnelStatus {
  readonly name: string;
  readonly mode: 'client' | 'server';
  readonly state: TunnelState;
  /** Where it listens, with the port that it got. */
  readonly accept: string;
  readonly targets: readonly TargetStatus[];
  /** Proxies on the way to them, such as 'proxy.example:3128'. */
  readonly through: readonly string[];
  /** Connections that are open, and those that are on their way to be. */
  readonly open: number;
  readonly opening: number;
  /** Since the start: all that were accepted, and of these those that failed before they were open. */
  readonly total: number;
  readonly refused: number;
  /** Of connections that are over and of those that are open. */
  readonly bytesToTls: number;
  readonly bytesFromTls: number;
  /** How the peer's certificate is judged. 'none' as a server means that clients are not asked. */
  readonly verification: 'windows' | 'ca' | 'none';
  /** What new clients get, if it comes from a store. */
  readonly certificate: {
    readonly subject: string;
    readonly validTo: Date;
    readonly thumbprint: string;
  } | null;
  /** When it began to listen; null before. */
  readonly since: Date | null;
  readonly lastReload: { readonly at: Date; readonly error: string | null } | null;
}

/** How a tunnel ends. */
export interface CloseOptions {
  /** Milliseconds for connections to end by themselves; the rest is cut off. Default 30,000. */
  readonly drain?: number | undefined;
}

/** Where it listens. Who comes before it is open waits. */
interface Gate {
  readonly server: net.Server;
  readonly open: () => void;
  readonly abandon: () => void;
}

/** Everything that a reload exchanges at once. */
interface Setup {
  readonly settings: TunnelSettings;
  readonly front: SecureFront | null;
  /** Of the last attempt at each target; null for one that was reached. */
  readonly attempts: Map<string, Error | null>;
  /** The certificate that new clients get. */
  readonly shown: { certificate: CertificateContents | null };
}

const DRAIN_MS = 30_000;

/** How often times are looked at, for all connections together: a timer for each would cost more. */
const SWEEP_MS = 1000;

/** How long it takes no connections after it has failed to take one. */
const ACCEPT_PAUSE_MS = 100;

/** A tunnel that createTunnel() has made. */
export class Tunnel extends EventEmitter<TunnelEvents> implements AsyncDisposable {
  readonly #parts: TunnelParts;
  #setup: Setup;
  #state: TunnelState = 'idle';
  #gate: net.Server | null = null;
  readonly #passages = new Set<Passage>();
  /** Those of them that are not open yet. */
  readonly #opening = new Set<Passage>();
  readonly #programs: Programs;
  readonly #changes = new SerialQueue();
  #cancelSweep: CancelTimer | null = null;
  /** Until it listens again. */
  #cancelPause: CancelTimer | null = null;
  #total = 0;
  #refused = 0;
  /** Which target the next connection begins with. */
  #turn = 0;
  #bytes = { toTls: 0, fromTls: 0 };
  #since: Date | null = null;
  #lastReload: TunnelStatus['lastReload'] = null;
  #cutOff = 0;
  #end: Promise<number> | null = null;
  readonly #drained = deferred();

  /** Internal: createTunnel() makes it. @throws as createTunnel() */
  constructor(options: TunnelOptions, parts: TunnelParts) {
    super();
    this.#parts = parts;
    this.#programs = new Programs({
      clock: parts.clock,
      warn: (error) => this.#warn(error),
      exited: () => this.#drainedIfEmpty(),
    });
    this.#setup = this.#prepare(options);
  }

  /** Internal: its options, checked. */
  get settings(): TunnelSettings {
    return this.#setup.settings;
  }

  /** Where it listens, such as '127.0.0.1:143'; null before and after. */
  get address(): string | null {
    const address = this.#gate?.address() ?? null;
    if (address === null || typeof address === 'string') return address;
    return hostAndPort(address.address, address.port);
  }

  /** The port that it listens on; null before and after, and for a pipe. */
  get port(): number | null {
    const address = this.#gate?.address() ?? null;
    return address === null || typeof address === 'string' ? null : address.port;
  }

  /**
   * Starts to take connections.
   * @throws SchannelError ERR_SCHANNEL_TUNNEL_LISTEN; ERR_SCHANNEL_USAGE_PHASE if it has been started or closed
   */
  async listen(): Promise<void> {
    if (this.#state !== 'idle') throw wrongState('listen', this.#state);
    this.#state = 'starting';
    let gate: Gate;
    try {
      gate = await this.#openGate(this.#setup.settings);
    } catch (error) {
      if (this.#isState('starting')) this.#state = 'idle';
      this.emit('unbound', this.settings.name, toError(error));
      throw error;
    }
    // Closed meanwhile.
    if (!this.#isState('starting')) {
      gate.abandon();
      throw wrongState('listen', this.#state);
    }
    this.#gate = gate.server;
    this.#state = 'listening';
    this.#since = new Date(this.#parts.clock.now());
    this.#setup.front?.begin();
    gate.open();
    this.emit('listening', this.status());
    this.#warnOf(this.#setup.settings);
  }

  /** The connections that are open or opening, the oldest first. */
  connections(): readonly ConnectionFacts[] {
    return [...this.#passages].map(({ facts }) => facts);
  }

  status(): TunnelStatus {
    const { settings, attempts, shown } = this.#setup;
    const all = this.connections();
    const { certificate } = shown;
    return {
      name: settings.name,
      mode: settings.mode,
      state: this.#state,
      accept: this.address ?? addressText(settings.accept),
      targets: targetsOf(settings).map((target) => targetStatus(target, attempts)),
      through: settings.mode === 'client' ? proxiesOf(settings.through) : [],
      open: this.#passages.size - this.#opening.size,
      opening: this.#opening.size,
      total: this.#total,
      refused: this.#refused,
      bytesToTls: all.reduce((sum, { bytesToTls }) => sum + bytesToTls, this.#bytes.toTls),
      bytesFromTls: all.reduce((sum, { bytesFromTls }) => sum + bytesFromTls, this.#bytes.fromTls),
      verification: verificationOf(settings),
      certificate: certificate && {
        subject: certificate.subject,
        validTo: certificate.validTo,
        thumbprint: certificate.thumbprint,
      },
      since: this.#since,
      lastReload: this.#lastReload,
    };
  }

  /**
   * Other options for new connections: all of them, or none if one of them is wrong or the new address can't be
   * listened on. Connections that are there keep theirs. The port stays open if it is the same.
   *
   * @throws as createTunnel() and {@link listen}
   */
  reload(options: TunnelOptions): Promise<void> {
    return this.#changes.run(async () => {
      const error = await this.#reload(options).then(() => null, toError);
      this.reloaded(error);
      if (error !== null) throw error;
    });
  }

  /** Internal: says what a reload came to. */
  reloaded(error: Error | null): void {
    this.#lastReload = { at: new Date(this.#parts.clock.now()), error: error?.message ?? null };
    this.emit('reload', error);
  }

  /**
   * Internal: the part of a reload that can fail. The new address is listened on, and nothing has changed yet.
   * @param blame makes what is thrown of an error in the options
   * @throws as {@link reload}
   */
  async prepareReload(
    options: TunnelOptions,
    blame: (error: unknown) => Error = toError,
  ): Promise<PreparedReload> {
    if (this.#state !== 'listening' && this.#state !== 'idle') throw wrongState('reload', this.#state);
    let next: Setup;
    try {
      next = this.#prepare(options);
    } catch (error) {
      throw blame(error);
    }
    const [from, to] = [this.#setup.settings.accept, next.settings.accept];
    const actual = this.#withPort(from);
    if (this.#state === 'idle' || isSameAddress(from, to) || isSameAddress(actual, to)) {
      return { commit: () => this.#commit(next, null), abandon: () => Promise.resolve() };
    }
    // Two addresses with one port can be in each other's way, such as 0.0.0.0 and 127.0.0.1.
    const overlaps = 'port' in actual && 'port' in to && actual.port !== 0 && actual.port === to.port;
    const previous = overlaps ? this.#gate : null;
    if (previous !== null) await unlisten(previous);
    try {
      const gate = await this.#openGate(next.settings);
      return {
        commit: () => this.#commit(next, gate),
        abandon: async () => {
          gate.abandon();
          if (previous !== null) await this.#listenAgain(actual);
        },
      };
    } catch (error) {
      if (previous !== null) await this.#listenAgain(actual);
      throw error;
    }
  }

  /**
   * Takes no more connections, and waits until those that are there have ended. Another call can shorten the wait.
   * @returns how many connections were cut off because the time was over
   */
  close({ drain = DRAIN_MS }: CloseOptions = {}): Promise<number> {
    integerWithin('options.drain', drain, 0, LONGEST_TIMER_MS);
    this.#end ??= this.#close();
    if (this.#isEmpty) return this.#end;
    if (drain === 0) this.#cut();
    else void this.#end.then(this.#parts.clock.after(drain, () => this.#cut()));
    return this.#end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #commit(next: Setup, gate: Gate | null): void {
    if (gate !== null) {
      if (this.#gate?.listening === true) this.#gate.close();
      this.#gate = gate.server;
    }
    const previous = this.#setup;
    this.#setup = next;
    previous.front?.end();
    if (this.#state === 'idle') return;
    if (this.#gate !== null) Object.assign(this.#gate, { pauseOnConnect: next.settings.mode === 'client' });
    next.front?.begin();
    gate?.open();
    if (gate !== null) this.emit('listening', this.status());
    this.#warnOf(next.settings);
  }

  async #reload(options: TunnelOptions): Promise<void> {
    const prepared = await this.prepareReload(options);
    if (!this.#isState('listening') && !this.#isState('idle')) {
      await prepared.abandon();
      throw wrongState('reload', this.#state);
    }
    prepared.commit();
  }

  /** Of port 0 it is the port that it has. */
  #withPort(accept: Address): Address {
    return 'port' in accept ? { ...accept, port: this.port ?? accept.port } : accept;
  }

  /** Where it was before. It tries until it can. */
  async #listenAgain(accept: Address): Promise<void> {
    try {
      const gate = await this.#openGate({ ...this.#setup.settings, accept });
      if (!this.#isState('listening')) {
        gate.abandon();
        return;
      }
      this.#gate = gate.server;
      gate.open();
    } catch (error) {
      this.#warn(toError(error));
      if (!this.#isState('listening')) return;
      this.#cancelPause ??= this.#parts.clock.after(SWEEP_MS, () => {
        this.#cancelPause = null;
        void this.#changes.run(async () => {
          // A reload may have moved it meanwhile.
          if (this.#isState('listening') && this.#gate?.listening !== true) await this.#listenAgain(accept);
        });
      });
    }
  }

  async #close(): Promise<number> {
    this.#state = 'draining';
    this.#cancelPause?.();
    const gate = this.#gate;
    this.#gate = null;
    const closed = gate?.listening === true ? once(gate, 'close') : Promise.resolve();
    gate?.close();
    if (this.#isEmpty) this.#drained.resolve();
    await this.#drained.promise;
    this.#setup.front?.end();
    await closed;
    this.#state = 'closed';
    return this.#cutOff;
  }

  /** Ends what is still there. */
  #cut(): void {
    for (const passage of [...this.#passages]) {
      this.#cutOff += 1;
      passage.fail(cutOff());
    }
    this.#programs.kill();
  }

  /** Nothing is left of any connection. */
  get #isEmpty(): boolean {
    return this.#passages.size === 0 && this.#programs.running === 0;
  }

  #drainedIfEmpty(): void {
    if (this.#isState('draining') && this.#isEmpty) this.#drained.resolve();
  }

  #prepare(options: TunnelOptions): Setup {
    const settings = parseTunnelOptions(options);
    const shown: Setup['shown'] = { certificate: null };
    const front =
      settings.mode === 'client'
        ? null
        : new SecureFront(settings, this.#parts, {
            certificate: (change) => {
              shown.certificate = change.current;
              this.emit('certificate', change, settings.name);
            },
            warning: (error) => this.#warn(error),
          });
    return { settings, front, attempts: new Map(), shown };
  }

  async #openGate({ accept, mode, buffer }: TunnelSettings): Promise<Gate> {
    const server = this.#parts.createGate({
      allowHalfOpen: true,
      noDelay: true,
      highWaterMark: buffer,
      // Nothing of a local client is read before its target is secure.
      pauseOnConnect: mode === 'client',
    });
    const early: net.Socket[] = [];
    const hold = (socket: net.Socket): void => void early.push(socket.on('error', () => undefined));
    server.on('connection', hold);
    try {
      // Without an address, Node takes what the machine has.
      server.listen(
        'path' in accept ? accept : { port: accept.port, ...(accept.host !== '::' && { host: accept.host }) },
      );
      await once(server, 'listening');
    } catch (thrown) {
      const error = toError(thrown);
      const why = 'port' in accept ? await this.#parts.whyNotListen(accept.port, errorCode(error)) : null;
      throw cannotListen(addressText(accept), error, why);
    }
    server.on('error', (error) => this.#acceptFailed(server, accept, error));
    return {
      server,
      open: () => {
        server.off('connection', hold).on('connection', (socket) => this.#accept(socket));
        for (const socket of early) this.#accept(socket);
      },
      abandon: () => {
        server.close();
        for (const socket of early) socket.destroy();
      },
    };
  }

  /**
   * Windows may take no more connections on a socket that has failed to accept one (libuv, src/win/tcp.c), and other
   * systems would fail again and again while there are too many files: so it listens again, a little later.
   */
  #acceptFailed(server: net.Server, accept: Address, error: Error): void {
    this.#warn(cannotAccept(addressText(accept), error));
    if (this.#gate !== server || this.#cancelPause !== null) return;
    this.#cancelPause = this.#parts.clock.after(ACCEPT_PAUSE_MS, () => {
      this.#cancelPause = null;
      if (this.#gate !== server || !this.#isState('listening')) return;
      const again = this.#withPort(accept);
      void this.#changes.run(async () => {
        if (this.#gate !== server) return;
        await unlisten(server);
        await this.#listenAgain(again);
      });
    });
  }

  #accept(socket: net.Socket): void {
    const { settings, front, attempts } = this.#setup;
    this.#total += 1;
    const passage: Passage = new Passage(socket, {
      id: this.#total,
      settings,
      parts: this.#parts,
      front,
      programs: this.#programs,
      events: {
        tried: (target, error) => attempts.set(addressText(target), error),
        connected: () => this.emit('connected', passage.facts),
        secured: () => this.emit('secure', passage.facts),
        opened: () => {
          wasOpen = true;
          this.#opening.delete(passage);
          this.emit('open', passage.facts);
        },
        over: (error) => this.#over(passage, error, wasOpen),
        identified: () => this.#refusalForAddress(passage, settings),
        order: (targets) => (settings.failover === 'rr' ? rotated(targets, this.#turn++) : targets),
      },
    });
    let wasOpen = false;
    this.emit('connection', passage.facts);
    const refusal = this.#refusalForOneMore(settings);
    this.#passages.add(passage);
    this.#opening.add(passage);
    if (refusal !== null) {
      passage.fail(refusal);
      return;
    }
    this.#sweepLater();
    void passage.run();
  }

  /** Why there is no room for one more; null if there is. */
  #refusalForOneMore({ limits }: TunnelSettings): Error | null {
    // Programs that go on without their connection count, too.
    if (this.#passages.size + this.#programs.leaving >= limits.connections)
      return limitReached(`${limits.connections} connections`);
    if (this.#opening.size >= limits.handshakes) {
      return limitReached(`${limits.handshakes} connections that are not open yet`);
    }
    return null;
  }

  /** All connections of a load balancer come from one address, until their headers say whose they are. */
  #refusalForAddress({ remoteAddress }: Passage, { limits }: TunnelSettings): Error | null {
    const ofAddress = [...this.#opening].filter(
      (other) => other.isIdentified && other.remoteAddress === remoteAddress,
    ).length;
    if (ofAddress <= limits.perAddress) return null;
    return limitReached(
      `${limits.perAddress} connections of ${remoteAddress ?? 'its client'} that are not open yet`,
    );
  }

  #over(passage: Passage, error: Error | null, wasOpen: boolean): void {
    const { facts } = passage;
    this.#passages.delete(passage);
    this.#opening.delete(passage);
    this.#bytes = {
      toTls: this.#bytes.toTls + facts.bytesToTls,
      fromTls: this.#bytes.fromTls + facts.bytesFromTls,
    };
    if (this.#passages.size === 0) {
      this.#cancelSweep?.();
      this.#cancelSweep = null;
    }
    this.#drainedIfEmpty();
    if (wasOpen) {
      this.emit('close', facts, error);
      return;
    }
    this.#refused += 1;
    this.emit('refused', facts, error ?? cutOff());
  }

  #sweepLater(): void {
    this.#cancelSweep ??= this.#parts.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = null;
      for (const passage of [...this.#passages]) passage.check();
      if (this.#passages.size > 0) this.#sweepLater();
    });
  }

  #warnOf(settings: TunnelSettings): void {
    if (settings.mode !== 'client') return;
    if (!isLoopback(settings.accept)) this.#warn(exposed(addressText(settings.accept)));
    if (settings.tls.rejectUnauthorized === false) this.#warn(unverified());
  }

  #warn(error: Error): void {
    if (!this.emit('warning', error, this.#setup.settings.name)) process.emitWarning(error);
  }

  /** The compiler does not see that it changes while something is awaited. */
  #isState(state: TunnelState): boolean {
    return this.#state === state;
  }
}

/** The names of what a tunnel says. */
export const TUNNEL_EVENTS = [
  'listening',
  'unbound',
  'connection',
  'connected',
  'secure',
  'open',
  'close',
  'refused',
  'certificate',
  'warning',
] as const satisfies readonly (keyof TunnelEvents)[];

/** The port is free when it returns; connections go on. */
async function unlisten(server: net.Server): Promise<void> {
  server.close();
  // The system closes the socket between two rounds of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
}

function targetsOf(settings: TunnelSettings): readonly Target[] {
  const all: readonly Target[] =
    settings.mode === 'client'
      ? settings.connect
      : [
          ...settings.connect,
          ...settings.routes.flatMap(({ connect }) => connect),
          ...(settings.redirect ?? []),
        ];
  return [...new Map(all.map((target) => [addressText(target), target])).values()];
}

const proxiesOf = (through: readonly ThroughStep<object>[]): readonly string[] =>
  through.flatMap((step) => (step.protocol === 'proxy' ? [] : [hostAndPort(step.host, step.port)]));

function targetStatus(target: Target, attempts: ReadonlyMap<string, Error | null>): TargetStatus {
  const address = addressText(target);
  const last = attempts.get(address);
  if (last === undefined) return { address, state: 'unknown', error: null };
  return last === null
    ? { address, state: 'up', error: null }
    : { address, state: 'down', error: last.message };
}

function verificationOf({ mode, tls }: TunnelSettings): TunnelStatus['verification'] {
  const asks = mode === 'client' || ('requestCert' in tls && tls.requestCert === true);
  if (!asks || tls.rejectUnauthorized === false) return 'none';
  return tls.ca == null ? 'windows' : 'ca';
}

const wrongState = (verb: string, state: TunnelState): SchannelError =>
  new SchannelError('ERR_SCHANNEL_USAGE_PHASE', `The tunnel can't ${verb}: it is ${state}`, {
    advice: 'Make another tunnel with createTunnel().',
  });
