import type { Tunnel } from '../tunnel.js';
import type { Tunnels } from '../tunnels.js';
import type { TunnelFigures } from './figures.js';
import { Recorder } from './recorder.js';

/** What is recorded of several tunnels, also of those that a reload adds. */
export class Records {
  readonly #tunnels: Tunnels | readonly Tunnel[];
  readonly #recorders = new WeakMap<Tunnel, Recorder>();

  constructor(tunnels: Tunnels | readonly Tunnel[]) {
    this.#tunnels = tunnels;
    const begin = (): void => void this.#current.map((tunnel) => this.#recorderOf(tunnel));
    begin();
    // Before a new one gets its first connection.
    if ('tunnels' in tunnels) tunnels.on('listening', begin).on('reload', begin);
  }

  /** Of those that there are now, in their order. */
  get figures(): readonly TunnelFigures[] {
    return this.#current.map((tunnel) => this.#recorderOf(tunnel).figures);
  }

  get #current(): readonly Tunnel[] {
    return 'tunnels' in this.#tunnels ? this.#tunnels.tunnels : this.#tunnels;
  }

  #recorderOf(tunnel: Tunnel): Recorder {
    const known = this.#recorders.get(tunnel);
    if (known !== undefined) return known;
    const recorder = new Recorder(tunnel);
    this.#recorders.set(tunnel, recorder);
    return recorder;
  }
}
