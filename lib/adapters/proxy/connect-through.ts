import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { abortError } from '../../base/errors/abort-error.js';
import { argumentError, integerWithin } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { encodeProxyHeader } from '../../formats/proxy-protocol/encode-header.js';
import type { ProxiedAddresses } from '../../formats/proxy-protocol/header.js';
import { endPointOf } from '../../windows/negotiate/end-point.js';
import type { SignIn, SignInScheme } from '../../windows/negotiate/sign-in.js';
import { Dialogue, DIALOGUE_LIMITS } from '../starttls/dialogue.js';
import { untilSecure } from '../starttls/until-secure.js';
import { chooseProxies, type ProxyOptions, type ProxySurroundings } from './choose-proxy.js';
import { closed, type Hop, notInTime, proxyFaults, unreachable } from './errors.js';
import { httpConnect } from './http-connect.js';
import { socks5 } from './socks.js';
import {
  hostAndPort,
  type HostAndPort,
  type ProxyHeaderStep,
  type ProxyServerStep,
  type Route,
  routeOf,
  type ThroughStep,
} from './steps.js';
import { ConnectAgain, type ProxyMemory, signedConnect } from './signed-connect.js';
import { SURROUNDINGS } from './surroundings.js';

/** Where to, and by which way: `through` or `proxy`. */
export interface ThroughOptions<TlsOptions, Stream> extends ProxyOptions<TlsOptions> {
  /** The target, as the last proxy has to find it: proxies look names up themselves. */
  readonly host: string;
  readonly port: number;
  /** The steps, in the order in which the connection passes them. Without any, the target is connected to directly. */
  readonly through?: readonly ThroughStep<TlsOptions>[] | undefined;
  /** Milliseconds for everything together. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Ends it with an AbortError. Has no effect after the promise is settled. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Opens the connection to the first proxy, or to the target if there is none. Default: net.connect(). For more
   * options: `(to) => net.connect({ ...to, localAddress })`.
   */
  readonly dial?: Dial<Stream> | undefined;
}

type Dial<Stream> = (to: HostAndPort) => Stream;

type Secure<TlsOptions, Stream> = (options: TlsOptions & { socket: Stream; host: string }) => Stream;

/** See connectThrough() of the entry point, which uses connect() for proxies that are reached by TLS. */
export type ConnectThrough<TlsOptions, Stream> = (
  options: ThroughOptions<TlsOptions, Stream>,
) => Promise<Stream>;

const TIMEOUT = 30_000;

/** Makes a connectThrough() from functions like tls.connect() and net.connect(). */
export function createConnectThrough<TlsOptions extends object, Stream extends Duplex>(
  secure: Secure<TlsOptions, Stream>,
  connect: Dial<Stream>,
  surroundings: ProxySurroundings = SURROUNDINGS,
): ConnectThrough<TlsOptions, Stream> {
  const along = (
    steps: readonly ThroughStep<TlsOptions>[],
    { host, port, timeout, signal, dial = connect }: Way<TlsOptions, Stream>,
  ): Promise<Stream> => {
    const to = { host, port };
    const route = routeOf(steps, to);
    const chain = new Chain<TlsOptions, Stream>(to, secure, surroundings, timeout, signal);
    return chain.run(route, dial);
  };
  return async ({ timeout = TIMEOUT, ...options }) => {
    const { host, port, through, proxy, signal, onProxy } = options;
    if ((through === undefined) === (proxy === undefined)) {
      throw argumentError('ERR_INVALID_ARG_VALUE', 'one of the options through and proxy is required');
    }
    const way = { ...options, timeout };
    routeOf(through ?? [], { host, port });
    integerWithin('options.timeout', timeout, 1, LONGEST_TIMER_MS);
    if (through !== undefined) return along(through, way);
    const until = performance.now() + timeout;
    const { routes, decision } = await untilAborted(
      chooseProxies({ host, port }, options, surroundings),
      signal,
    );
    for (const [at, step] of routes.entries()) {
      const left = Math.max(1, Math.trunc(until - performance.now()));
      const isLast = at === routes.length - 1;
      onProxy?.({ ...decision, proxy: decision.proxies[at] ?? '' });
      // One that does not answer leaves the others their share of the time.
      const share = isLast ? left : Math.max(1, Math.trunc(left / (routes.length - at)));
      try {
        return await along(step === null ? [] : [step], { ...way, timeout: share });
      } catch (error) {
        if (isLast || !isAbsent(error)) throw error;
      }
    }
    throw new Error('a decision has no way'); // it has at least one
  };
}

type Way<TlsOptions, Stream> = ThroughOptions<TlsOptions, Stream> & { readonly timeout: number };

/** The next proxy of a list is for when one is not there. One that refuses has decided. */
const isAbsent = (error: unknown): boolean =>
  error instanceof SchannelError &&
  ['ERR_SCHANNEL_PROXY_UNREACHABLE', 'ERR_SCHANNEL_PROXY_TIMEOUT'].includes(error.code);

/** Windows can't be called off, but nobody has to wait for it. */
async function untilAborted<Value>(pending: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return pending;
  const { promise, reject } = deferred();
  const onAbort = (): void => reject(abortError(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([pending, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function deferred(): { readonly promise: Promise<never>; readonly reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  return { promise, reject };
}

/** A connection on its way. */
class Chain<TlsOptions extends object, Stream extends Duplex> {
  readonly #target: HostAndPort;
  readonly #secure: Secure<TlsOptions, Stream>;
  readonly #surroundings: ProxySurroundings;
  /** Of proxies that a new connection was made for. */
  readonly #memories = new Map<object, ProxyMemory>();
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  /** Aborted for the reason that is thrown. */
  readonly #stop = new AbortController();
  #doing = '';
  #stream: Stream | null = null;

  constructor(
    target: HostAndPort,
    secure: Secure<TlsOptions, Stream>,
    surroundings: ProxySurroundings,
    timeout: number,
    signal: AbortSignal | undefined,
  ) {
    this.#target = target;
    this.#secure = secure;
    this.#surroundings = surroundings;
    this.#timer = setTimeout(() => {
      this.#stop.abort(notInTime(target, this.#doing, timeout));
    }, timeout).unref();
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  async run(route: Route<TlsOptions>, dial: Dial<Stream>): Promise<Stream> {
    try {
      // Each proxy asks for a new connection twice at most, see ProxyMemory.
      while (!(await this.#along(route, dial))) this.#stream?.destroy();
      return this.#done();
    } catch (thrown) {
      this.#stream?.destroy();
      throw this.#stop.signal.aborted ? this.#stop.signal.reason : thrown;
    } finally {
      clearTimeout(this.#timer);
      this.#signal?.removeEventListener('abort', this.#onAbort);
    }
  }

  /** @returns false if everything has to begin again */
  async #along({ steps, stops }: Route<TlsOptions>, dial: Dial<Stream>): Promise<boolean> {
    const [first = this.#target, ...next] = stops;
    const isDirect = next.length === 0;
    await this.#dial(first, !isDirect, dial);
    try {
      for (const [at, step] of steps.entries()) {
        if (step.protocol === 'proxy') this.#sendHeader(step, isDirect || at === 0);
        else await this.#pass(step, next.shift() ?? this.#target);
      }
      return true;
    } catch (error) {
      if (error instanceof ConnectAgain) return false;
      throw error;
    }
  }

  async #dial(to: HostAndPort, isProxy: boolean, dial: Dial<Stream>): Promise<void> {
    this.#doing = `the connection to ${hostAndPort(to)}`;
    this.#stop.signal.throwIfAborted();
    const stream = this.#use(dial({ host: to.host, port: to.port }));
    try {
      await untilConnected(stream, this.#stop.signal);
    } catch (error) {
      throw isProxy ? unreachable(to, toError(error)) : error;
    }
  }

  async #pass(step: ProxyServerStep<TlsOptions>, target: HostAndPort): Promise<void> {
    const hop: Hop = { proxy: { host: step.host, port: step.port }, target };
    const kind = KINDS[step.protocol];
    if (step.tls !== undefined) await this.#secureTo(step, step.tls, hop);
    this.#doing = `the answer of the proxy ${hostAndPort(hop.proxy)}`;
    const signedIn = this.#signedIn(step);
    const dialogue = new Dialogue(this.#open, {
      // What is read is limited by each protocol. Behind it there may be any number of bytes of the target.
      limits: { ...DIALOGUE_LIMITS, totalBytes: Infinity },
      timeout: LONGEST_TIMER_MS,
      signal: this.#stop.signal,
      onLine: null,
      faults: proxyFaults(hop, kind),
    });
    try {
      if (signedIn === null) await PROTOCOLS[step.protocol](dialogue, hop, step);
      else await signedConnect(dialogue, hop, signedIn.scheme, signedIn.signIn, this.#memoryOf(step));
      dialogue.giveBack();
    } catch (error) {
      dialogue.abandon();
      const isOwn = error instanceof SchannelError || error instanceof ConnectAgain;
      throw isOwn ? error : closed(hop, 'its answer', toError(error));
    } finally {
      signedIn?.signIn.close();
    }
  }

  #memoryOf(step: object): ProxyMemory {
    const memory = this.#memories.get(step) ?? { isChallenged: false, hasBrokenOff: false };
    this.#memories.set(step, memory);
    return memory;
  }

  /** A sign-in that Windows does, of which this chain can give up waiting; null for others. */
  #signedIn(
    step: ProxyServerStep<TlsOptions>,
  ): { readonly scheme: SignInScheme; readonly signIn: SignIn } | null {
    const { auth: scheme = 'basic', host, user, password = '', mutual, tls } = step;
    if (scheme === 'basic') return null;
    const signIn = this.#surroundings.signIn({
      scheme,
      host,
      mutual,
      account: user === undefined ? undefined : { user, password },
      channelBinding: tls === undefined ? null : endPointOf(this.#open),
    });
    const { signal } = this.#stop;
    return {
      scheme,
      signIn: {
        next: (token) => untilAborted(signIn.next(token), signal),
        finish: (token) => untilAborted(signIn.finish(token), signal),
        get mechanism() {
          return signIn.mechanism;
        },
        close: () => signIn.close(),
      },
    };
  }

  async #secureTo(step: ProxyServerStep<TlsOptions>, tls: TlsOptions, hop: Hop): Promise<void> {
    this.#doing = `TLS to ${hostAndPort(hop.proxy)}`;
    const secured = this.#use(this.#secure({ ...tls, socket: this.#open, host: step.host }));
    await untilSecure(secured, this.#stop.signal, 'server', (waitingFor) => closed(hop, waitingFor));
  }

  #sendHeader({ version, addresses, facts }: ProxyHeaderStep, isOwn: boolean): void {
    const own = isOwn ? ownAddresses(this.#open) : null;
    this.#open.write(
      encodeProxyHeader({ version, addresses: addresses === undefined ? own : addresses, facts }),
    );
  }

  /** An error may come while nothing else listens. Each step finds it in the stream. */
  #use(stream: Stream): Stream {
    this.#stream = stream.on('error', ignore);
    return stream;
  }

  get #open(): Stream {
    if (this.#stream === null) throw new Error('nothing is connected');
    return this.#stream;
  }

  #done(): Stream {
    const stream = this.#open;
    this.#stop.signal.throwIfAborted();
    if (stream.errored) throw stream.errored;
    // Ticks run before the promise that returns the stream: an error must not find it without a listener.
    setImmediate(() => stream.removeListener('error', ignore));
    return stream;
  }

  readonly #onAbort = (): void => {
    this.#stop.abort(abortError(this.#signal?.reason));
  };
}

const KINDS = { connect: 'an HTTP proxy', socks5: 'a proxy of SOCKS 5' } as const;
const PROTOCOLS = { connect: httpConnect, socks5 } as const;

/** A stream that is not a socket, or is connected, is ready at once. */
function untilConnected(stream: Duplex, signal: AbortSignal): Promise<void> {
  if (!(stream instanceof Socket && stream.connecting)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => (): void => {
      stream.off('connect', onConnect).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      end();
    };
    const onConnect = settle(resolve);
    // It follows an error.
    const onClose = settle(() => reject(stream.errored ?? new Error('it was closed')));
    const onAbort = settle(() => reject(toError(signal.reason)));
    stream.once('connect', onConnect).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** What a header says about a connection of this process; null for what has no addresses. */
function ownAddresses(stream: Duplex): ProxiedAddresses | null {
  if (!(stream instanceof Socket)) return null;
  const { localAddress, localPort, remoteAddress, remotePort } = stream;
  if (localAddress === undefined || localPort === undefined) return null;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return {
    source: { address: localAddress, port: localPort },
    destination: { address: remoteAddress, port: remotePort },
  };
}

function ignore(): void {
  // see #use()
}
