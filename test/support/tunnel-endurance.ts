import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { ConnectionFacts } from '#lib/apps/tunnel/passage.js';
import type { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import type { ServerTunnelOptions, TunnelOptions } from '#lib/apps/tunnel/options.js';
import { numbersFrom } from './mutations.js';
import { until } from './patience.js';
import { codeOf } from './tunnel-rig.js';

/** How a connection is cut off. */
const CUTS = ['reset', 'destroy', 'end'] as const;
type Cut = (typeof CUTS)[number];

/** What a client asks of the program behind the tunnels, in its first line. */
interface Task {
  /** Bytes that the program sends. */
  readonly send: number;
  /** What it does then. 'later' is an end when the client has ended; with 'nothing' the client cuts off. */
  readonly then: Cut | 'later' | 'nothing';
  /** Waits for the client's end first. */
  readonly afterEnd?: boolean;
}

/** Where a connection is cut off, and by whom. */
const PHASES = ['connecting', 'securing', 'open', 'sending', 'ending'] as const;

interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface CourseOptions {
  readonly make: (options: TunnelOptions) => Tunnel;
  /** PEM of the authority that the clients trust. */
  readonly ca: string;
  readonly identity: Identity;
  readonly seed: number;
}

/** Larger than any record, and than what a socket takes at once. */
const PATTERN = randomBytes(1 << 20);

/** A pair of tunnels with a program behind them, and what they have to stand. */
export class Course {
  readonly #options: CourseOptions;
  readonly #below: (limit: number) => number;
  readonly #program = new Program();
  readonly #errors = new Map<string, Error>();
  /** Clients for which the client tunnel has reached its target, or has failed to. */
  readonly #seen = new Set<string>();
  readonly #waiting = new Map<string, () => void>();
  #client: Tunnel | null = null;
  #server: Tunnel | null = null;

  constructor(options: CourseOptions) {
    this.#options = options;
    this.#below = numbersFrom(options.seed);
  }

  /** Client tunnel, server tunnel, program. */
  async start(): Promise<void> {
    await this.#program.listen();
    this.#server = this.#options.make(this.#serverOptions());
    await this.#server.listen();
    this.#client = this.#options.make({
      ...{ mode: 'client', accept: 0, connect: `localhost:${this.#port(this.#server)}` },
      tls: { ca: this.#options.ca },
    });
    await this.#client.listen();
    const see = ({ from }: ConnectionFacts): void => {
      this.#seen.add(from);
      this.#waiting.get(from)?.();
    };
    this.#client.on('connected', see).on('refused', see);
    for (const tunnel of [this.#client, this.#server]) {
      const failed = ({ tunnel: name, id }: ConnectionFacts, error: Error | null): void => {
        if (error !== null) this.#errors.set(`${name} ${id}`, error);
      };
      tunnel.on('close', failed);
      tunnel.on('refused', failed);
    }
  }

  /** Waits until nothing is left of any connection, and ends. */
  async stop(): Promise<void> {
    await this.#settled();
    for (const tunnel of [this.#client, this.#server]) assert.equal(await tunnel?.close({ drain: 0 }), 0);
    this.#program.close();
  }

  /**
   * So many bytes each way, over several connections at once. Each side ends when it likes. Under Wine, a write that
   * waits when the other side ends can be lost (docs/rig.md, Limits): too many bytes may fail there, on any TLS.
   */
  async transfer(bytes: number, connections: number): Promise<void> {
    this.#errors.clear();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        // One of them must end first.
        const first = this.#pick(['client', 'program', 'both'] as const);
        await this.#exchange(Math.ceil(bytes / connections), first);
      }),
    );
    await this.#settled();
    assert.deepEqual([...this.#errors.values()].map(codeOf), []);
  }

  /** So many connections at once, each cut off somewhere by somebody. */
  async aborts(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#abort()));
    await this.#settled();
    // It is as good as before.
    await this.transfer(1000, 1);
  }

  /** New options again and again while connections come and go, none of which may fail. */
  async reloads(count: number, others: readonly Identity[]): Promise<void> {
    this.#errors.clear();
    let isOver = false;
    let done = 0;
    const lane = async (): Promise<void> => {
      while (!isOver) {
        await this.#exchange(10_000, this.#pick(['client', 'program', 'both'] as const));
        done += 1;
      }
    };
    const lanes = Array.from({ length: 8 }, lane);
    try {
      for (let reload = 0; reload < count; reload += 1) {
        const before = done;
        const identity = others[reload % others.length] ?? this.#options.identity;
        await this.#running(this.#server).reload(
          this.#serverOptions({ name: `reload ${reload}`, tls: identity }),
        );
        await Promise.race([
          Promise.all(lanes),
          until(
            () => done > before,
            () => `no connection came after reload ${reload}`,
          ),
        ]);
      }
    } finally {
      isOver = true;
    }
    await Promise.all(lanes);
    await this.#settled();
    assert.deepEqual([...this.#errors.values()].map(codeOf), []);
  }

  /** The program goes and comes back. @returns what the server tunnel said while it was away */
  async flap(times: number): Promise<Error[]> {
    const said: Error[] = [];
    for (let time = 0; time < times; time += 1) {
      const port = this.#program.port;
      this.#program.close();
      said.push(await this.refusal(this.#running(this.#server)));
      await this.#program.listen(port);
      await this.#exchange(1000, 'client');
    }
    await this.#settled();
    return said;
  }

  /** The server shows another certificate until its client has refused it. @returns why it did */
  async shows(identity: Identity): Promise<Error> {
    const server = this.#running(this.#server);
    await server.reload(this.#serverOptions({ tls: identity }));
    const error = await this.refusal(this.#running(this.#client));
    await server.reload(this.#serverOptions());
    await this.#exchange(1000, 'client');
    await this.#settled();
    return error;
  }

  /** Makes a connection that comes to nothing. @returns why, as this tunnel says it */
  async refusal(tunnel: Tunnel, port = this.#port(this.#running(this.#client))): Promise<Error> {
    const told = once(tunnel, 'refused');
    const socket = net.connect({ port, host: '127.0.0.1' }).on('error', () => undefined);
    const [, error] = (await told) as [ConnectionFacts, Error];
    // The client gets to know it.
    await closed(socket);
    return error;
  }

  #serverOptions(more: Partial<ServerTunnelOptions> = {}): ServerTunnelOptions {
    const { cert, key } = this.#options.identity;
    const common = { mode: 'server', accept: '127.0.0.1:0', connect: this.#program.port } as const;
    return { ...common, ...more, tls: { cert, key, ...more.tls } };
  }

  async #exchange(bytes: number, first: 'client' | 'program' | 'both'): Promise<void> {
    const socket = await this.#connect();
    const number = this.#program.expect();
    const task: Task = { send: bytes, then: first === 'client' ? 'later' : 'end' };
    const got = hashOf(socket);
    const came = once(socket, 'end');
    socket.write(`${JSON.stringify({ ...task, number })}\n`);
    const sent = await this.#send(socket, bytes);
    if (first === 'program') await came;
    socket.end();
    await came;
    const [heard, said] = await this.#program.answer(number);
    assert.deepEqual([heard, got()], [sent, said]);
    if (!socket.closed) await once(socket, 'close');
  }

  /** Random pieces of the pattern. @returns their hash */
  async #send(socket: net.Socket, bytes: number): Promise<string> {
    const hash = createHash('sha256');
    for (let left = bytes; left > 0;) {
      const start = this.#below(PATTERN.length);
      const piece = PATTERN.subarray(
        start,
        Math.min(start + left, start + this.#pick([1, 1000, 16_384, 100_000])),
      );
      hash.update(piece);
      left -= piece.length;
      if (!socket.write(piece)) await once(socket, 'drain');
    }
    return hash.digest('hex');
  }

  async #abort(): Promise<void> {
    const phase = this.#pick(PHASES);
    const how = this.#pick(CUTS);
    const isProgram = this.#pick([true, false]);
    const socket = await this.#connect();
    if (phase === 'securing') await this.#reached(socket);
    if (phase === 'connecting' || phase === 'securing') return cutOff(socket, how);
    const bytes = phase === 'sending' ? 1 << 20 : 1 + this.#below(100_000);
    const then = isProgram ? how : 'nothing';
    socket.write(`${JSON.stringify({ send: bytes, then, afterEnd: phase === 'ending' } satisfies Task)}\n`);
    if (phase === 'ending') socket.end();
    // The first byte, or the end if it was cut off before.
    await Promise.race([once(socket, 'readable'), once(socket, 'close')]).catch(() => undefined);
    socket.resume();
    if (!isProgram) return cutOff(socket, how);
    return closed(socket);
  }

  /** Waits until the client tunnel has reached its target for a connection, or has ended it. */
  async #reached({ localPort }: net.Socket): Promise<void> {
    const from = `127.0.0.1:${String(localPort)}`;
    if (!this.#seen.has(from)) await new Promise<void>((resolve) => this.#waiting.set(from, resolve));
  }

  async #connect(): Promise<net.Socket> {
    const port = this.#port(this.#running(this.#client));
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  async #settled(): Promise<void> {
    const left = (): number[] => [
      ...[this.#client, this.#server].map((tunnel) => tunnel?.connections().length ?? 0),
      this.#program.open,
    ];
    await until(
      () => left().every((count) => count === 0),
      () => `connections are left at the client, the server and the program: ${left().join(', ')}`,
    );
  }

  #port({ port }: Tunnel): number {
    return port ?? 0;
  }

  #running(tunnel: Tunnel | null): Tunnel {
    assert.ok(tunnel, 'the course has not started');
    return tunnel;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }
}

/** Does what its clients ask for. */
class Program {
  #server: net.Server | null = null;
  readonly #sockets = new Set<net.Socket>();
  readonly #answers = new Map<
    number,
    { told: (answer: [string, string]) => void; answer: Promise<[string, string]> }
  >();
  #count = 0;

  get open(): number {
    return this.#sockets.size;
  }

  get port(): number {
    return (this.#server?.address() as net.AddressInfo).port;
  }

  async listen(port = 0): Promise<void> {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => this.#take(socket));
    this.#server = server;
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @returns the number for a task whose {@link answer} is wanted */
  expect(): number {
    this.#count += 1;
    let told = (_answer: [string, string]): void => undefined;
    const answer = new Promise<[string, string]>((resolve) => (told = resolve));
    this.#answers.set(this.#count, { told, answer });
    return this.#count;
  }

  /** Hashes of what it heard after the first line, and of what it said. */
  async answer(number: number): Promise<[string, string]> {
    const answer = await this.#answers.get(number)?.answer;
    this.#answers.delete(number);
    assert.ok(answer);
    return answer;
  }

  #take(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    const heard = createHash('sha256');
    let line: Buffer | null = Buffer.alloc(0);
    const ended = new Promise<void>((resolve) => {
      socket.once('end', resolve).once('close', resolve);
    });
    socket.on('data', (chunk: Buffer) => {
      if (line === null) {
        heard.update(chunk);
        return;
      }
      line = Buffer.concat([line, chunk]);
      const end = line.indexOf('\n');
      if (end < 0) return;
      heard.update(line.subarray(end + 1));
      const task = JSON.parse(line.toString('latin1', 0, end)) as Task & { number?: number };
      line = null;
      void this.#work(socket, task, ended).then((said) => {
        void ended.then(() => this.#answers.get(task.number ?? 0)?.told([heard.digest('hex'), said]));
      });
    });
    // Who ends without a task gets an end.
    socket.once('end', () => line !== null && socket.end());
  }

  async #work(socket: net.Socket, { send, then, afterEnd }: Task, ended: Promise<void>): Promise<string> {
    if (afterEnd === true) await ended;
    const hash = createHash('sha256');
    const closing = once(socket, 'close');
    for (let left = send; left > 0 && !socket.destroyed;) {
      const piece = PATTERN.subarray(0, Math.min(left, 65_536));
      hash.update(piece);
      left -= piece.length;
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), closing]).catch(() => undefined);
    }
    if (then === 'later' || then === 'nothing') await ended;
    if (then === 'reset' || then === 'destroy') await cutOff(socket, then);
    else socket.end();
    return hash.digest('hex');
  }
}

function hashOf(socket: net.Socket): () => string {
  const hash = createHash('sha256');
  socket.on('data', (chunk: Buffer) => hash.update(chunk));
  return () => hash.digest('hex');
}

async function cutOff(socket: net.Socket, how: Cut): Promise<void> {
  if (how === 'reset') socket.resetAndDestroy();
  else if (how === 'destroy') socket.destroy();
  else socket.end();
  socket.resume();
  await closed(socket);
}

/** Until a socket has closed, which gives an end back for one that it gets. */
async function closed(socket: net.Socket): Promise<void> {
  if (socket.readableEnded) socket.end();
  else socket.once('end', () => socket.end());
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

/** Sockets and timers of this process, by kind. */
export function openResources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
