import { EventEmitter } from 'node:events';
import { LONGEST_TIMER_MS, type Pause, pauseFor } from '../../base/async/clock.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { integerWithin } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { type Address, isSameAddress } from './endpoint.js';
import type { TunnelOptions } from './options.js';
import type { TunnelParts } from './parts.js';
import { parseTunnelOptions, type TunnelSettings, UNNAMED } from './settings.js';
import {
  type CloseOptions,
  type PreparedReload,
  Tunnel,
  TUNNEL_EVENTS,
  type TunnelEvents,
  type TunnelStatus,
} from './tunnel.js';

/** How several tunnels begin. */
export interface ListenOptions {
  /**
   * Milliseconds during which an address that can't be listened on is tried again, for machines whose network is not
   * ready yet. Default 0.
   */
  readonly retry?: number | undefined;
}

export interface TunnelsStatus {
  /** All of them listen, or at least at one address of each service. */
  readonly ok: boolean;
  readonly tunnels: readonly TunnelStatus[];
  readonly lastReload: TunnelStatus['lastReload'];
}

/** Between two attempts to listen. */
const RETRY_MS = 1000;

/** Says of which tunnel an error is. */
export type Blame = (name: string, error: unknown) => Error;

/**
 * Several tunnels that begin, change and end together, such as the sections of one file. It has the events of each, and
 * of a reload one for all.
 */
export class Tunnels extends EventEmitter<TunnelEvents> implements AsyncDisposable {
  readonly #parts: TunnelParts;
  #current: readonly Tunnel[];
  /** Those that a reload has left out, until their connections have ended. */
  readonly #leaving = new Set<Tunnel>();
  readonly #changes = new SerialQueue();
  #lastReload: TunnelStatus['lastReload'] = null;
  #isListening = false;
  #isClosed = false;
  /** Until the next attempt to listen. */
  #pause: Pause | null = null;

  /** Internal: createTunnels() makes it. @throws as createTunnel() */
  constructor(options: readonly TunnelOptions[], parts: TunnelParts, blame: Blame = asItIs) {
    super();
    this.#parts = parts;
    this.#current = options.map((each) => this.#make(each, blame));
  }

  /** In the order of the options. */
  get tunnels(): readonly Tunnel[] {
    return this.#current;
  }

  /**
   * Starts to take connections: with all tunnels, or with none. Those with the same name are one service at several
   * addresses: one that can be listened on is enough, and a warning names the others.
   * @throws SchannelError as Tunnel.listen(), for the first one that can't; all are closed then
   */
  async listen({ retry = 0 }: ListenOptions = {}): Promise<void> {
    integerWithin('options.retry', retry, 0, LONGEST_TIMER_MS);
    const last = this.#parts.clock.now() + retry;
    const failed = new Map<Tunnel, Error>();
    try {
      for (const tunnel of this.#current) {
        try {
          await this.#listenWith(tunnel, last);
        } catch (error) {
          if (this.#isClosed || !this.#current.some((other) => isSameService(tunnel, other))) throw error;
          failed.set(tunnel, toError(error));
        }
      }
      for (const [tunnel, error] of failed) {
        if (!this.#isServed(tunnel)) throw error;
        this.warn(error, tunnel.settings.name);
      }
      this.#isListening = true;
    } catch (error) {
      await this.close({ drain: 0 });
      throw error;
    }
  }

  status(): TunnelsStatus {
    const tunnels = this.#current.map((tunnel) => tunnel.status());
    return {
      ok: this.#current.every((tunnel) => this.#isServed(tunnel)),
      tunnels,
      lastReload: this.#lastReload,
    };
  }

  /**
   * Other tunnels for new connections: all of them, or none if one has wrong options or can't listen. Connections that
   * are there keep their options, and those of tunnels that are left out go on. A tunnel keeps its port if the address
   * is the same.
   *
   * @throws as createTunnel() and {@link listen}
   */
  reload(options: readonly TunnelOptions[]): Promise<void> {
    return this.reloadFrom(() => Promise.resolve({ options }));
  }

  /** Internal: a reload whose options have yet to be read. @throws as {@link reload}, and what reading throws */
  reloadFrom(
    read: () => Promise<{ readonly options: readonly TunnelOptions[]; readonly blame?: Blame }>,
  ): Promise<void> {
    return this.#changes.run(async () => {
      const over = (error: Error | null): void => {
        this.#lastReload = { at: new Date(this.#parts.clock.now()), error: error?.message ?? null };
        for (const tunnel of this.#current) tunnel.reloaded(error);
        this.emit('reload', error);
      };
      try {
        const { options, blame = asItIs } = await read();
        await this.#reload(options, blame);
      } catch (thrown) {
        const error = toError(thrown);
        over(error);
        throw error;
      }
      over(null);
    });
  }

  /**
   * Takes no more connections, and waits until those that are there have ended. Another call can shorten the wait.
   * @returns how many connections were cut off because the time was over
   */
  async close(options: CloseOptions = {}): Promise<number> {
    this.#isClosed = true;
    this.#pause?.end();
    const all = [...this.#current, ...this.#leaving];
    const cutOff = await Promise.all(all.map((tunnel) => tunnel.close(options)));
    return cutOff.reduce((sum, each) => sum + each, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #reload(options: readonly TunnelOptions[], blame: Blame): Promise<void> {
    const plan = matched(this.#current, options, blame);
    const prepared: PreparedReload[] = [];
    const fresh: Tunnel[] = [];
    const next: Tunnel[] = [];
    try {
      for (const { tunnel, options: own } of plan) {
        next.push(tunnel ?? this.#make(own, blame));
        if (tunnel !== null)
          prepared.push(await tunnel.prepareReload(own, (error) => blame(nameOf(own), error)));
        else fresh.push(...next.slice(-1));
      }
      if (this.#isListening) for (const tunnel of fresh) await tunnel.listen();
      if (this.#isClosed) throw closedMeanwhile();
    } catch (error) {
      for (const each of prepared) await each.abandon();
      for (const tunnel of fresh) await tunnel.close({ drain: 0 });
      throw error;
    }
    for (const each of prepared) each.commit();
    for (const tunnel of this.#current) if (!next.includes(tunnel)) this.#leave(tunnel);
    this.#current = next;
  }

  /** @param last when it is not tried again */
  async #listenWith(tunnel: Tunnel, last: number): Promise<void> {
    const { clock } = this.#parts;
    const said = new Set<string>();
    for (;;) {
      try {
        await tunnel.listen();
        return;
      } catch (error) {
        if (this.#isClosed || clock.now() >= last) throw error;
        const { message } = toError(error);
        if (!said.has(message)) this.warn(toError(error), tunnel.settings.name);
        said.add(message);
        this.#pause = pauseFor(clock, RETRY_MS);
        await this.#pause.over;
      }
    }
  }

  /** It listens, or another address of its service does. */
  #isServed(tunnel: Tunnel): boolean {
    const listens = (one: Tunnel): boolean => one.status().state === 'listening';
    const isLeftOut = tunnel.status().state === 'idle';
    return (
      listens(tunnel) ||
      (isLeftOut && this.#current.some((other) => isSameService(tunnel, other) && listens(other)))
    );
  }

  /** Its connections go on for as long as they like. */
  #leave(tunnel: Tunnel): void {
    this.#leaving.add(tunnel);
    void tunnel.close({ drain: LONGEST_TIMER_MS }).finally(() => this.#leaving.delete(tunnel));
  }

  #make(options: TunnelOptions, blame: Blame): Tunnel {
    const tunnel = blaming(blame, options, () => new Tunnel(options, this.#parts));
    for (const event of TUNNEL_EVENTS) {
      // What an event carries is the same here.
      tunnel.on(event, (...said: readonly unknown[]) => {
        if (event === 'warning') this.warn(...(said as TunnelEvents['warning']));
        else (this as EventEmitter).emit(event, ...said);
      });
    }
    return tunnel;
  }

  /** Internal. */
  warn(error: Error, tunnel: string): void {
    if (!this.emit('warning', error, tunnel)) process.emitWarning(error);
  }
}

/** Tunnels with one name are one service, at several addresses. */
const isSameService = (one: Tunnel, other: Tunnel): boolean =>
  one !== other && one.settings.name === other.settings.name && one.settings.name !== UNNAMED;

const asItIs: Blame = (_name, error) => toError(error);

/** Of options that may be wrong. */
const nameOf = ({ name }: TunnelOptions): string => (typeof name === 'string' ? name : 'tunnel');

function blaming<Value>(blame: Blame, options: TunnelOptions, make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw blame(nameOf(options), error);
  }
}

interface Match {
  /** The tunnel that goes on with the options; null for a new one. */
  readonly tunnel: Tunnel | null;
  readonly options: TunnelOptions;
}

/** @throws as createTunnel() */
function matched(current: readonly Tunnel[], all: readonly TunnelOptions[], blame: Blame): readonly Match[] {
  const wanted = all.map((options) => ({
    options,
    settings: blaming(blame, options, () => parseTunnelOptions(options)),
  }));
  const free = new Set(current);
  const found = new Map<TunnelOptions, Tunnel>();
  for (const rule of RULES) {
    for (const { options, settings } of wanted) {
      if (found.has(options)) continue;
      const tunnel = [...free].find(({ settings: own }) => rule(own, settings));
      if (tunnel === undefined) continue;
      free.delete(tunnel);
      found.set(options, tunnel);
    }
  }
  return all.map((options) => ({ tunnel: found.get(options) ?? null, options }));
}

type Rule = (
  one: Pick<TunnelSettings, 'name' | 'accept'>,
  other: Pick<TunnelSettings, 'name' | 'accept'>,
) => boolean;

const isAnyPort = (address: Address): boolean => 'port' in address && address.port === 0;

/** Who has the port keeps it. Of several on any port, and of those that move, the name decides. */
const RULES: readonly Rule[] = [
  (one, other) => one.name === other.name && isSameAddress(one.accept, other.accept),
  (one, other) => isSameAddress(one.accept, other.accept) && !isAnyPort(one.accept),
  ({ accept: one }, { accept: other }) =>
    'port' in one && 'port' in other && one.port === other.port && one.port !== 0,
  (one, other) => one.name === other.name,
];

const closedMeanwhile = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_USAGE_PHASE', "The tunnels can't reload: they have been closed", {
    advice: 'Make other tunnels with createTunnels().',
  });
