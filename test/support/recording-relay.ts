import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

/** Stands between two ends of a network and keeps every byte. */
export class RecordingRelay {
  readonly port: number;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #recorded: Record<'there' | 'back', Buffer[]> = { there: [], back: [] };
  #target: Promise<number>;
  #arrive: (port: number) => void = () => undefined;

  private constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.#target = new Promise((resolve) => (this.#arrive = resolve));
    server.on('connection', (near: net.Socket) => void this.#join(near));
  }

  static async start(): Promise<RecordingRelay> {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingRelay(server);
  }

  /** Where connections go on, which may be known later than they come. */
  leadTo(port: number): void {
    this.#arrive(port);
  }

  /** Everything that went there, or came back. */
  recorded(direction: 'there' | 'back'): Buffer {
    return Buffer.concat(this.#recorded[direction]);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #join(near: net.Socket): Promise<void> {
    const far = net.connect({ port: await this.#target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to, direction] of [
      [near, far, 'there'],
      [far, near, 'back'],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => this.#sockets.delete(from));
      from.on('data', (chunk: Buffer) => this.#recorded[direction].push(chunk));
      from.pipe(to);
    }
  }
}
