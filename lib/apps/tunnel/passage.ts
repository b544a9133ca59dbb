import net from 'node:net';
import type { Duplex } from 'node:stream';
import { DIALOGUE_LIMITS } from '../../adapters/starttls/dialogue.js';
import { answerStartTls, speaksFirst } from '../../adapters/starttls/server/answer.js';
import { ownName } from '../../adapters/starttls/smtp.js';
import { untilSecure } from '../../adapters/starttls/until-secure.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { type ProxyStep, readProxyHeader } from '../../adapters/proxy/index.js';
import type { ProxiedAddresses } from '../../formats/proxy-protocol/header.js';
import { toError } from '../../base/errors/to-error.js';
import { printable } from '../../base/text/printable.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import type { Peer } from './allow.js';
import { dial } from './dial.js';
import { addressText, hostAndPort, type Target } from './endpoint.js';
import { busy, connectTimeout, goneEarly, idle, notAllowed, tooOld } from './errors.js';
import type { SecureFront } from './front.js';
import { greet } from './greeting.js';
import type { SecureSocket, TunnelParts } from './parts.js';
import { headerFor, sourceText } from './proxy-protocol.js';
import type { ProgramClient } from './program/environment.js';
import type { Programs } from './program/programs.js';
import { cut, Pump } from './pump.js';
import type { ClientSettings, Route, ServerSettings, TunnelSettings } from './settings.js';

/** 'open': both ends are there, and bytes flow. */
export type PassageState = 'connecting' | 'securing' | 'open' | 'over';

/** A connection through a tunnel, as events and lists show it. */
export interface ConnectionFacts {
  /** Counts up from 1 in each tunnel. */
  readonly id: number;
  /** Name of the tunnel. */
  readonly tunnel: string;
  /** Who has opened it, such as '127.0.0.1:50312'; empty for a pipe. */
  readonly from: string;
  readonly since: Date;
  readonly state: PassageState;
  /** The target that was reached; null before. */
  readonly target: string | null;
  /** Where the connection to the target comes from, such as '127.0.0.1:50314'; null before, and for a path. */
  readonly source: string | null;
  /** The client was sent to `redirect`. */
  readonly redirected: boolean;
  /** Null before the handshake is over. */
  readonly tls: TlsFacts | null;
  /** From the clear side to TLS. */
  readonly bytesToTls: number;
  /** From TLS to the clear side. */
  readonly bytesFromTls: number;
}

export interface TlsFacts {
  readonly protocol: string | null;
  readonly cipher: string | null;
  /** An earlier session was resumed; false also where Windows does not report it. */
  readonly resumed: boolean;
  /** What a client asked for by SNI; null for none. */
  readonly servername: string | null;
  /** Subject of the peer's certificate, on one line; null if it showed none. */
  readonly subject: string | null;
  readonly thumbprint: string | null;
  /** The certificate was verified. */
  readonly verified: boolean;
}

/** What a passage tells its tunnel. */
export interface PassageEvents {
  readonly tried: (target: Target, error: Error | null) => void;
  readonly connected: () => void;
  readonly secured: () => void;
  readonly opened: () => void;
  /** Once, in any case. */
  readonly over: (error: Error | null) => void;
  /** Why there is no room for one more of its address, once it is known whose connection it is; null if there is. */
  readonly identified: () => Error | null;
  /** The targets for a new connection, in the order in which they are tried. */
  readonly order: (targets: readonly Target[]) => readonly Target[];
}

interface PassageOptions {
  readonly id: number;
  readonly settings: TunnelSettings;
  readonly parts: TunnelParts;
  /** Null for a client tunnel. */
  readonly front: SecureFront | null;
  readonly programs: Programs;
  readonly events: PassageEvents;
}

/** One connection, from its acceptance to its end. */
export class Passage {
  readonly id: number;
  /** Whose connection it is; undefined for a pipe. */
  remoteAddress: string | undefined;
  /** False while a load balancer has not said whose it is. */
  isIdentified = false;
  readonly #accepted: net.Socket;
  readonly #options: PassageOptions;
  #from: string;
  /** What a header has said about it; null for its own addresses. */
  #client: ProxiedAddresses | null = null;
  readonly #begun: number;
  readonly #abort = new AbortController();
  /** What has to go if it fails before it is open. */
  readonly #made: Duplex[] = [];
  #state: PassageState = 'connecting';
  #target: Target | null = null;
  #source: string | null = null;
  #isRedirected = false;
  #peer: Peer | null = null;
  #tls: TlsFacts | null = null;
  #pump: Pump | null = null;

  constructor(accepted: net.Socket, options: PassageOptions) {
    this.#accepted = accepted;
    this.#options = options;
    this.id = options.id;
    this.remoteAddress = accepted.remoteAddress;
    this.#from =
      accepted.remoteAddress === undefined
        ? ''
        : hostAndPort(accepted.remoteAddress, accepted.remotePort ?? 0);
    this.#begun = options.parts.clock.now();
    this.#watch(accepted);
  }

  get state(): PassageState {
    return this.#state;
  }

  get facts(): ConnectionFacts {
    return {
      id: this.id,
      tunnel: this.#options.settings.name,
      from: this.#from,
      since: new Date(this.#begun),
      state: this.#state,
      target: this.#target && addressText(this.#target),
      source: this.#source,
      redirected: this.#isRedirected,
      tls: this.#tls,
      bytesToTls: this.#pump?.bytesToSecure ?? 0,
      bytesFromTls: this.#pump?.bytesToClear ?? 0,
    };
  }

  /** For the environment of a program. */
  get #clientFacts(): ProgramClient {
    const source = this.#client?.source;
    const port = source !== undefined && 'port' in source ? source.port : this.#accepted.remotePort;
    return { address: this.remoteAddress, port, peer: this.#peer };
  }

  /** Never throws: what goes wrong is told by `over`. */
  async run(): Promise<void> {
    const { settings, front, events } = this.#options;
    try {
      await this.#identify();
      this.isIdentified = true;
      const refusal = events.identified();
      if (refusal !== null) throw refusal;
      if (settings.mode === 'client') await this.#asClient(settings);
      else if (front !== null) await this.#asServer(settings, front);
    } catch (error) {
      this.fail(toError(error));
    }
  }

  /** Ends it at once. */
  fail(error: Error): void {
    if (this.#state === 'over') return;
    if (this.#pump !== null) {
      this.#pump.fail(error);
      return;
    }
    this.#abort.abort(error);
    const { mode, reset } = this.#options.settings;
    // TLS before its transport, which it may still use.
    for (const stream of [...this.#made].reverse()) {
      // In a client tunnel this is the clear side.
      cut(stream, reset && mode === 'client' && stream === this.#accepted);
    }
    this.#over(error);
  }

  /** Ends it if one of its times is over. */
  check(): void {
    const { timeouts } = this.#options.settings;
    const age = this.#options.parts.clock.now() - this.#begun;
    if (timeouts.lifetime > 0 && age >= timeouts.lifetime) {
      this.fail(tooOld(timeouts.lifetime));
      return;
    }
    if (this.#pump === null) return;
    const times = this.#pump.times;
    const quiet = times.isEnding ? shorter(timeouts.close, timeouts.idle) : timeouts.idle;
    if (timeouts.busy > 0 && times.busy !== null && times.busy >= timeouts.busy)
      this.fail(busy(timeouts.busy));
    else if (quiet > 0 && times.idle >= quiet) this.fail(idle(quiet, times.isEnding));
  }

  /** A load balancer says first whose connection it is. */
  async #identify(): Promise<void> {
    const { proxyProtocol, timeouts } = this.#options.settings;
    if (proxyProtocol.in.length === 0) return;
    const header = await readProxyHeader(this.#accepted, {
      from: proxyProtocol.in,
      timeout: timeouts.handshake === 0 ? LONGEST_TIMER_MS : timeouts.handshake,
      signal: this.#abort.signal,
    });
    this.#goOn();
    this.#client = header?.addresses ?? null;
    if (this.#client === null) return;
    const { source } = this.#client;
    if ('address' in source) this.remoteAddress = source.address;
    this.#from = printable(sourceText(this.#client));
  }

  async #asClient(settings: ClientSettings): Promise<void> {
    const transport = await this.#reach(settings.connect, null, settings.through);
    this.#state = 'securing';
    const host = this.#target !== null && 'host' in this.#target ? this.#target.host : undefined;
    const secure = await this.#secureTo(transport, host, settings);
    const peer = this.#secured(secure);
    if (!settings.judge(peer)) throw notAllowed(described(peer));
    if (settings.starttls !== undefined) {
      const name = settings.tls.servername;
      await this.#greet(settings.starttls, name != null && name !== '' ? name : (host ?? 'localhost'));
    }
    this.#open(this.#accepted, secure);
  }

  async #asServer(settings: ServerSettings, front: SecureFront): Promise<void> {
    const greeting = settings.starttls !== null && speaksFirst(settings.starttls.protocol);
    const greeter = greeting ? await this.#reach(settings.connect, null) : null;
    this.#state = 'securing';
    if (settings.starttls !== null) await this.#answer(settings, greeter);
    const secure = await front.secure(this.#accepted);
    this.#watch(secure);
    const peer = this.#secured(secure);
    const route = routeFor(settings, secure.servername);
    const refusal = route.demand.certificate ? refusalOf(peer, settings, route) : null;
    if (refusal !== null && settings.redirect === null) throw refusal;
    this.#isRedirected = refusal !== null;
    this.#state = 'connecting';
    const targets = refusal !== null && settings.redirect !== null ? settings.redirect : route.connect;
    this.#open(greeter ?? (await this.#reach(targets, secure)), secure);
  }

  /** Until the client asks for TLS, or begins with it. */
  async #answer({ starttls, timeouts }: ServerSettings, greeter: Duplex | null): Promise<void> {
    if (starttls === null) return;
    await answerStartTls(this.#accepted, greeter, {
      ...starttls,
      name: ownName(this.#accepted),
      limits: DIALOGUE_LIMITS,
      timeout: timeouts.handshake === 0 ? LONGEST_TIMER_MS : timeouts.handshake,
      signal: this.#abort.signal,
    });
    this.#goOn();
  }

  /** @param secure null before TLS */
  async #reach(
    targets: readonly Target[],
    secure: SecureSocket | null,
    through: readonly ProxyStep[] = [],
  ): Promise<Duplex> {
    const { settings, parts, programs, events } = this.#options;
    const { socket, target } = await dial(events.order(targets), {
      open: parts.open,
      startProgram: (program) =>
        programs.start(program, {
          client: this.#clientFacts,
          grace: settings.timeouts.close,
          highWaterMark: settings.buffer,
        }),
      clock: parts.clock,
      timeout: settings.timeouts.connect,
      highWaterMark: settings.buffer,
      localAddress: settings.localAddress,
      through,
      connectThrough: parts.connectThrough,
      signal: this.#abort.signal,
      tried: events.tried,
    });
    this.#watch(socket);
    this.#goOn();
    this.#target = target;
    if (socket instanceof net.Socket && socket.localAddress !== undefined) {
      this.#source = hostAndPort(socket.localAddress, socket.localPort ?? 0);
    }
    const { out } = settings.proxyProtocol;
    if (out !== null) socket.write(headerFor(out, this.#accepted, this.#client, secure));
    events.connected();
    return socket;
  }

  async #secureTo(
    transport: Duplex,
    host: string | undefined,
    { tls, starttls, timeouts, buffer }: ClientSettings,
  ): Promise<SecureSocket> {
    const { connect, startTls } = this.#options.parts;
    const { name, ...options } = tls;
    const common = {
      ...options,
      ...(host !== undefined && { host }),
      highWaterMark: buffer,
      handshakeTimeout: timeouts.handshake,
    };
    const { signal } = this.#abort;
    if (starttls === undefined) {
      const socket = connect({ ...common, socket: transport });
      this.#watch(socket);
      return untilSecure(socket, signal);
    }
    const socket = await startTls(transport, {
      ...common,
      protocol: starttls,
      required: true,
      dialogueTimeout: timeouts.handshake === 0 ? LONGEST_TIMER_MS : timeouts.handshake,
      signal,
      ...(name !== undefined && { name }),
    });
    this.#watch(socket);
    return socket;
  }

  async #greet(protocol: NonNullable<ClientSettings['starttls']>, server: string): Promise<void> {
    const { settings, parts } = this.#options;
    const { handshake } = settings.timeouts;
    const late = new AbortController();
    const stop = (): void => late.abort(this.#abort.signal.reason);
    this.#abort.signal.addEventListener('abort', stop, { once: true });
    const cancel =
      handshake === 0
        ? () => undefined
        : parts.clock.after(handshake, () => late.abort(connectTimeout(handshake)));
    try {
      await greet(this.#accepted, { protocol, server, within: late.signal });
    } finally {
      cancel();
      this.#abort.signal.removeEventListener('abort', stop);
    }
  }

  /** @returns the peer, which is asked for once: node:tls doesn't always tell its certificate a second time */
  #secured(socket: SecureSocket): Peer {
    this.#goOn();
    const peer = peerOf(socket);
    const { certificate, isVerified } = peer;
    this.#tls = {
      protocol: socket.getProtocol(),
      cipher: socket.getCipher()?.name ?? null,
      resumed: socket.isSessionReused(),
      servername: typeof socket.servername === 'string' ? printable(socket.servername) : null,
      subject: certificate && printable(certificate.subject),
      thumbprint: certificate?.thumbprint ?? null,
      verified: isVerified,
    };
    this.#peer = peer;
    this.#options.events.secured();
    return peer;
  }

  #open(clear: Duplex, secure: Duplex): void {
    this.#goOn();
    const { settings, parts, events } = this.#options;
    this.#state = 'open';
    this.#pump = new Pump(
      { clear, secure },
      {
        now: () => parts.clock.now(),
        reset: settings.reset,
        allowTruncation: settings.allowTruncation,
        ended: (error) => this.#over(error),
      },
    );
    events.opened();
    this.#pump.start();
  }

  /** Something that ended it may have come while something else was awaited. */
  #goOn(): void {
    this.#abort.signal.throwIfAborted();
  }

  /** Until the pump does. */
  #watch(stream: Duplex): void {
    this.#made.push(stream);
    stream.on('error', (error: Error) => this.fail(error));
    // It came when nobody wanted it any more.
    if (this.#state === 'over') stream.destroy();
    stream.on('close', () => {
      // In the next turn: what closes it may be on its way to say why.
      if (this.#pump === null) setImmediate(() => this.fail(goneEarly()));
    });
  }

  #over(error: Error | null): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#options.events.over(error);
  }
}

/** The shorter one of two limits, of which 0 is none. */
const shorter = (one: number, other: number): number =>
  one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);

type RouteSettings = Pick<Route, 'connect' | 'judge' | 'demand'>;

function routeFor(settings: ServerSettings, servername: unknown): RouteSettings {
  if (typeof servername !== 'string') return settings;
  return settings.routes.filter(({ pattern }) => pattern.test(servername)).at(-1) ?? settings;
}

function peerOf(socket: SecureSocket): Peer {
  const raw = socket.getPeerX509Certificate()?.raw;
  return {
    certificate: raw === undefined ? null : new CertificateContents(raw),
    isVerified: socket.authorized,
  };
}

/** Why a client is not let in; null if it is. */
function refusalOf(
  peer: Peer,
  { certificateOptional }: ServerSettings,
  { judge, demand }: RouteSettings,
): Error | null {
  if (peer.certificate === null) return certificateOptional ? null : notAllowed('it showed no certificate');
  const isVerified = peer.isVerified || !demand.trust;
  if (!isVerified) return notAllowed(`${described(peer)} is not trusted`);
  // What it says about itself counts only if somebody vouches for it.
  return judge(peer) ? null : notAllowed(described(peer));
}

const described = ({ certificate }: Peer): string =>
  certificate === null ? 'it showed no certificate' : `its certificate ${printable(certificate.subject)}`;
