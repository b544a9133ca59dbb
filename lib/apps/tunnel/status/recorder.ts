import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { errorCode } from '../../../base/errors/error-code.js';
import type { ConnectionFacts } from '../passage.js';
import type { Tunnel } from '../tunnel.js';
import type { Result, TunnelFigures } from './figures.js';
import { EMPTY, type Histogram, observed } from './histogram.js';

/** Counts what happens to a tunnel from now on. */
export class Recorder {
  readonly #tunnel: Tunnel;
  readonly #clock: Clock;
  readonly #results: Record<Result, number> = { success: 0, error: 0, timeout: 0, refused: 0 };
  readonly #reloads = { success: 0, failure: 0 };
  #handshakes: Histogram = EMPTY;
  #connections: Histogram = EMPTY;
  /** When the transport of a connection was there, for those whose handshake has not ended. */
  readonly #begun = new Map<number, number>();

  constructor(tunnel: Tunnel, clock: Clock = SYSTEM_CLOCK) {
    this.#tunnel = tunnel;
    this.#clock = clock;
    tunnel.on('connection', ({ id }) => this.#begun.set(id, clock.now()));
    // As a client the handshake begins here; as a server it is over.
    tunnel.on('connected', ({ id, tls }) => {
      if (tls === null) this.#begun.set(id, clock.now());
    });
    tunnel.on('secure', ({ id }) => this.#secured(id));
    tunnel.on('open', () => void (this.#results.success += 1));
    tunnel.on('close', (facts) => {
      this.#connections = observed(this.#connections, this.#secondsSince(facts));
    });
    tunnel.on('refused', ({ id }, error) => {
      this.#begun.delete(id);
      this.#results[resultOf(error)] += 1;
    });
    tunnel.on('reload', (error) => void (this.#reloads[error === null ? 'success' : 'failure'] += 1));
  }

  get figures(): TunnelFigures {
    return {
      status: this.#tunnel.status(),
      results: { ...this.#results },
      handshakes: this.#handshakes,
      connections: this.#connections,
      reloads: { ...this.#reloads },
    };
  }

  #secured(id: number): void {
    const begun = this.#begun.get(id);
    if (begun === undefined) return;
    this.#begun.delete(id);
    this.#handshakes = observed(this.#handshakes, (this.#clock.now() - begun) / 1000);
  }

  #secondsSince({ since }: ConnectionFacts): number {
    return Math.max(0, this.#clock.now() - since.getTime()) / 1000;
  }
}

/** Codes of those that the tunnel has turned away itself. */
const REFUSALS: ReadonlySet<string> = new Set([
  'ERR_SCHANNEL_TUNNEL_NOT_ALLOWED',
  'ERR_SCHANNEL_TUNNEL_LIMIT',
]);

function resultOf(error: Error): Result {
  const code = errorCode(error);
  if (REFUSALS.has(code)) return 'refused';
  return /TIMEOUT|TIMEDOUT/.test(`${code} ${errorCode((error as { readonly cause?: unknown }).cause)}`)
    ? 'timeout'
    : 'error';
}
