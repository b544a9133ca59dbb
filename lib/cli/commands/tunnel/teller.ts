import { printable } from '../../../base/text/printable.js';
import type { ConnectionFacts, StunnelNotice, Tunnels, TunnelStatus } from '../../../tunnel.js';
import { errorFacts } from '../../describe-error.js';
import { toJson } from '../../json.js';
import type { CommandIO } from '../../terminal.js';

/**
 * What `schannel tunnel` writes: where it listens, and what goes wrong. With --json it is everything that happens, one
 * object a line.
 */
export class Teller {
  readonly #io: Pick<CommandIO, 'stdout' | 'stderr'>;
  readonly #isJson: boolean;
  /** Until all tunnels listen. */
  #held: (() => void)[] | null = [];
  readonly #worker: number | null;

  /** @param worker which of several processes this is: it leaves to the first one what is the same for all */
  constructor(io: Pick<CommandIO, 'stdout' | 'stderr'>, isJson: boolean, worker: number | null = null) {
    this.#io = io;
    this.#isJson = isJson;
    this.#worker = worker;
  }

  /** For people, on standard error. */
  complain(text: string): void {
    const of = this.#worker === null ? '' : `worker ${String(this.#worker)}: `;
    if (!this.#isJson) this.#io.stderr.write(`${printable(of + text)}\n`);
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

  /** What another process of the same tunnels has said. */
  pass(line: string, stream: 'stdout' | 'stderr'): void {
    this.#io[stream].write(`${line}\n`);
  }

  /** So many processes share the work. */
  crew(count: number): void {
    if (this.#isJson) this.#fact({ event: 'workers', workers: count });
    else this.#line(`${String(count)} workers`);
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
    if (this.#worker === null) {
      tunnels.on('listening', (status) => {
        const say = (): void => this.listening(status, several());
        if (this.#held === null) say();
        else this.#held.push(say);
      });
      tunnels.on('reload', (error) => this.#reloaded(error));
    }
    tunnels.on('warning', (error, tunnel) => {
      if (this.#isJson)
        this.#fact({ event: 'warning', ...(tunnel !== '' && { tunnel }), error: errorFacts(error) });
      else this.complain(several() && tunnel !== '' ? `[${tunnel}] ${error.message}` : error.message);
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

  /** @param isNamed where there are others */
  listening({ name, accept, targets }: TunnelStatus, isNamed: boolean): void {
    const to = targets.map(({ address }) => address);
    if (this.#isJson) this.#fact({ ok: true, event: 'listening', tunnel: name, accept, targets: to });
    else this.#line(`${isNamed ? `[${name}] ` : ''}listening on ${accept} → ${to.join(', ')}`);
  }

  /** A worker has ended, or could not do what it was told. */
  trouble(error: Error): void {
    if (this.#isJson) this.#fact({ event: 'warning', error: errorFacts(error) });
    else this.complain(error.message);
  }

  #reloaded(error: Error | null): void {
    if (this.#isJson) {
      this.#fact({
        event: 'reload',
        ok: error === null,
        ...(error !== null && { error: errorFacts(error) }),
      });
    } else if (error === null) this.#line('reloaded');
    else this.complain(`not reloaded: ${error.message}`);
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
    const of = this.#worker === null ? {} : { worker: this.#worker };
    this.#io.stdout.write(`${toJson({ ...facts, ...of })}\n`);
  }
}
