import { printable } from '../base/text/printable.js';
import type { ConnectionFacts, StunnelNotice, Tunnels, TunnelStatus } from '../tunnel.js';
import { errorFacts } from './describe-error.js';
import { toJson } from './json.js';
import type { CommandIO } from './terminal.js';

/**
 * What `schannel tunnel` writes: where it listens, and what goes wrong. With --json it is everything that happens, one
 * object a line.
 */
export class Teller {
  readonly #io: Pick<CommandIO, 'stdout' | 'stderr'>;
  readonly #isJson: boolean;
  /** Until all tunnels listen. */
  #held: (() => void)[] | null = [];

  constructor(io: Pick<CommandIO, 'stdout' | 'stderr'>, isJson: boolean) {
    this.#io = io;
    this.#isJson = isJson;
  }

  /** For people, on standard error. */
  complain(text: string): void {
    if (!this.#isJson) this.#io.stderr.write(`${printable(text)}\n`);
  }

  configured(notices: () => readonly StunnelNotice[]): void {
    for (const { level, place, text } of notices()) {
      if (this.#isJson) this.#fact({ event: 'notice', level, place, text });
      else this.complain(`${level}: ${text}`);
    }
  }

  status(address: string): void {
    if (this.#isJson) this.#fact({ event: 'status', address });
    else this.#line(`status and metrics on ${address}`);
  }

  /** A file that is only read is right. */
  checked(count: number): void {
    if (this.#isJson) this.#fact({ ok: true, tunnels: count });
    else this.#line(count === 1 ? 'right: 1 tunnel' : `right: ${String(count)} tunnels`);
  }

  /** @returns false: what ends the command is said where it ends */
  failed(): boolean {
    return false;
  }

  /** All tunnels listen. Before, what is said of one that does would mislead who waits for it. */
  ready(): void {
    for (const say of this.#held ?? []) say();
    this.#held = null;
  }

  ended(): void {
    // The prompt says it.
  }

  listenTo(tunnels: Tunnels): void {
    const several = (): boolean => tunnels.tunnels.length > 1;
    tunnels.on('listening', (status) => {
      const say = (): void => this.#listening(status, several());
      if (this.#held === null) say();
      else this.#held.push(say);
    });
    tunnels.on('warning', (error, tunnel) => {
      if (this.#isJson)
        this.#fact({ event: 'warning', ...(tunnel !== '' && { tunnel }), error: errorFacts(error) });
      else this.complain(several() && tunnel !== '' ? `[${tunnel}] ${error.message}` : error.message);
    });
    tunnels.on('reload', (error) => {
      if (this.#isJson) {
        this.#fact({
          event: 'reload',
          ok: error === null,
          ...(error !== null && { error: errorFacts(error) }),
        });
      } else if (error === null) this.#line('reloaded');
      else this.complain(`not reloaded: ${error.message}`);
    });
    if (this.#isJson) {
      this.#tellAll(tunnels);
      return;
    }
    const failed = ({ id, from, tunnel }: ConnectionFacts, error: Error): void => {
      const of = several() ? `[${tunnel}] ` : '';
      this.complain(`${of}connection ${String(id)}${from === '' ? '' : ` from ${from}`}: ${error.message}`);
    };
    tunnels.on('refused', failed);
    tunnels.on('close', (connection, error) => error && failed(connection, error));
  }

  #listening({ name, accept, targets }: TunnelStatus, isNamed: boolean): void {
    const to = targets.map(({ address }) => address);
    if (this.#isJson) this.#fact({ ok: true, event: 'listening', tunnel: name, accept, targets: to });
    else this.#line(`${isNamed ? `[${name}] ` : ''}listening on ${accept} → ${to.join(', ')}`);
  }

  #tellAll(tunnels: Tunnels): void {
    for (const event of ['connection', 'connected', 'secure', 'open', 'close', 'refused'] as const) {
      tunnels.on(event, (connection: ConnectionFacts, error?: Error | null) => {
        this.#fact({ event, connection, ...(error != null && { error: errorFacts(error) }) });
      });
    }
    tunnels.on('certificate', ({ current: { subject, thumbprint, validTo } }, tunnel) => {
      this.#fact({ event: 'certificate', tunnel, subject, thumbprint, validTo });
    });
  }

  #line(text: string): void {
    this.#io.stdout.write(`${printable(text)}\n`);
  }

  #fact(facts: object): void {
    this.#io.stdout.write(`${toJson(facts)}\n`);
  }
}
