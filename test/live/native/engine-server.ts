import type { Socket } from 'node:net';
import { Engine } from '#lib/tls/engine/engine.js';
import type { NativeSessionInfo, NativeCredential } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { createServerSession, type ServerSessionOptions } from './server.js';

/** How a connection ended. */
export type Ending = 'close_notify' | 'without notice' | Error;

/** An engine of a server on a TCP socket, that sends back what it gets. */
export class EchoConnection {
  readonly engine: Engine;
  readonly ended: Promise<Ending>;
  connection: NativeSessionInfo | null = null;
  /** Plaintext in bytes. */
  received = 0;
  /** Plaintext that came while nothing could be encrypted. */
  readonly #waiting: Buffer[] = [];
  readonly #socket: Socket;

  /** @param pieces bytes that the engine gets at a time; 0: as they come */
  constructor(socket: Socket, credential: NativeCredential, pieces = 0, options: ServerSessionOptions = {}) {
    this.#socket = socket;
    let settle: (ending: Ending) => void = () => undefined;
    this.ended = new Promise((resolve) => {
      settle = resolve;
    });
    this.engine = new Engine({
      session: createServerSession(credential, options),
      result: native().result,
      role: 'server',
      effects: {
        write: (bytes) => socket.write(bytes),
        plaintext: (data) => {
          this.received += data.length;
          this.#waiting.push(Buffer.from(data));
          this.#echo();
        },
        secure: (connection) => {
          this.connection = connection;
          this.engine.accept();
        },
        declined: () => {
          throw new Error('nobody asked for another handshake');
        },
        ticket: () => undefined,
        renegotiating: () => undefined,
        choose: () => {
          throw new Error('a server is never asked to choose');
        },
        writable: () => {
          this.#echo();
        },
        resumed: () => undefined,
        end: (closeNotify) => {
          settle(closeNotify ? 'close_notify' : 'without notice');
          this.engine.shutdown();
        },
        shutdown: () => socket.end(),
        fail: (error) => {
          settle(error);
          socket.end();
        },
      },
    });
    socket.on('data', (chunk: Buffer) => {
      const size = pieces === 0 ? chunk.length : pieces;
      for (let at = 0; at < chunk.length; at += size) this.engine.receive(chunk.subarray(at, at + size));
    });
    socket.on('end', () => {
      this.engine.transportEnded();
    });
    socket.on('close', () => {
      this.engine.close();
    });
    this.engine.start();
  }

  #echo(): void {
    while (this.engine.canEncrypt) {
      const data = this.#waiting.shift();
      if (data === undefined) return;
      const output = Buffer.alloc(this.engine.ciphertextRoom(data.length));
      this.#socket.write(output.subarray(0, this.engine.encrypt(data, 0, data.length, output, 0)));
    }
  }
}
