import type { Clock } from '../../../base/async/clock.js';
import type { AcmeTransport } from '../http/transport.js';
import { type ClockVerdict, clockVerdict } from './schedule.js';

/** Compares the clock of this machine with those of servers. */
export class ClockWatch {
  readonly #clock: Pick<Clock, 'now'>;
  /** How much later it is at the server that answered last, in milliseconds; null before the first answer. */
  skew: number | null = null;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get verdict(): ClockVerdict | null {
    return this.skew === null ? null : clockVerdict(this.skew);
  }

  /** The same transport, watched: each answer says what time it is (RFC 9110 §6.6.1). */
  watched(transport: AcmeTransport): AcmeTransport {
    return async (request) => {
      const before = this.#clock.now();
      const response = await transport(request);
      const date = Date.parse(response.headers['date'] ?? '');
      // Half of the way: the header has whole seconds, and hours matter here.
      if (!Number.isNaN(date)) this.skew = date - (before + this.#clock.now()) / 2;
      return response;
    };
  }
}
