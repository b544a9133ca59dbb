import { linesOf, logText, type Said } from '../../../apps/tunnel/stunnel/log-lines.js';
import { toError } from '../../../base/errors/to-error.js';
import type { ConnectionFacts, StunnelNotice, Tunnels } from '../../../tunnel.js';
import type { CommandIO } from '../../terminal.js';

/** How much stunnel writes, unless its file says something else. */
const NOTICE = 5;

/** What `schannel tunnel --log-format stunnel` writes to standard error: the log of stunnel. */
export class StunnelTeller {
  readonly #io: Pick<CommandIO, 'stdout' | 'stderr'>;
  /** Numbers of connections, counted for all tunnels together. */
  readonly #numbers = new Map<string, number>();
  #next = 0;
  #level = NOTICE;
  #notices: () => readonly StunnelNotice[] = () => [];
  #isReady = false;
  /** Who could not listen, the last time that one could not. */
  #unbound = '';

  constructor(io: Pick<CommandIO, 'stdout' | 'stderr'>) {
    this.#io = io;
  }

  complain(text: string): void {
    this.#say({ event: 'warning', tunnel: '', error: new Error(text) });
  }

  /** @param notices as they are now: a reload has others */
  configured(notices: () => readonly StunnelNotice[], level = NOTICE): void {
    this.#level = level;
    this.#notices = notices;
    this.#say({ event: 'configured', notices: notices() });
  }

  status(address: string): void {
    this.#say({ event: 'status', address });
  }

  checked(): void {
    // "Configuration successful" has said it.
  }

  /** @returns true: nothing more has to be said about it */
  failed(error: unknown): boolean {
    const thrown = toError(error);
    if ('code' in thrown && thrown.code === 'ERR_SCHANNEL_TUNNEL_LISTEN' && this.#unbound !== '')
      this.#say({ event: 'unusable', tunnel: this.#unbound });
    else this.#say({ event: 'misconfigured', error: thrown });
    return true;
  }

  listenTo(tunnels: Tunnels): void {
    const listening = (tunnel: string, accept: string): void =>
      this.#say({ event: 'listening', tunnel, accept });
    tunnels.on('listening', ({ name, accept }) => {
      // A reload lists all addresses at its end.
      if (!this.#isReady) listening(name, accept);
    });
    tunnels.on('unbound', (tunnel, error) => {
      this.#unbound = tunnel;
      this.#say({ event: 'unbound', tunnel, error });
    });
    tunnels.on('reload', (error) => {
      if (error !== null) {
        this.failed(error);
        return;
      }
      this.#say({ event: 'configured', notices: this.#notices() });
      for (const { name, accept } of tunnels.status().tunnels) listening(name, accept);
    });
    tunnels.on('warning', (error, tunnel) => this.#say({ event: 'warning', tunnel, error }));
    tunnels.on('certificate', ({ current: { subject } }, tunnel) =>
      this.#say({ event: 'certificate', tunnel, subject }),
    );
    for (const event of ['connection', 'connected', 'secure', 'open'] as const) {
      tunnels.on(event, (connection: ConnectionFacts) => this.#say({ event, connection }));
    }
    for (const event of ['close', 'refused'] as const) {
      tunnels.on(event, (connection: ConnectionFacts, error: Error | null) => {
        this.#say({ event, connection, error });
        this.#numbers.delete(keyOf(connection));
      });
    }
  }

  /** All tunnels listen. */
  ready(): void {
    this.#isReady = true;
    this.#say({ event: 'accepting' });
  }

  ended(): void {
    this.#say({ event: 'ended' });
  }

  #say(said: Said): void {
    const about = 'connection' in said ? String(this.#numberOf(said.connection)) : 'ui';
    for (const line of linesOf(said)) {
      if (line.level <= this.#level) this.#io.stderr.write(`${logText(line, about, new Date())}\n`);
    }
  }

  #numberOf(connection: ConnectionFacts): number {
    const key = keyOf(connection);
    const number = this.#numbers.get(key) ?? this.#next++;
    this.#numbers.set(key, number);
    return number;
  }
}

/** Tunnels may share a name, but not a client with its port at the same time. */
const keyOf = ({ tunnel, id, from }: ConnectionFacts): string => `${tunnel} ${id} ${from}`;
