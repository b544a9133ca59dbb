import { deferred } from '../../base/async/deferred.js';
import type { Socket } from 'node:net';
import { Engine } from '../../tls/engine/engine.js';
import type { Native, NativeSessionInfo, NativeCredential, Role } from '../../native/binding.js';
import { clientRequestFlags, serverRequestFlags } from '../../tls/credential/session-flags.js';

/**
 * A TLS connection with any credential on a TCP socket, without verification, for checks that need what the options of
 * connect() don't offer. As a server it requests a certificate. It echoes what it receives.
 */
export class EngineConnection {
  /** Fulfilled when the handshake is complete. */
  readonly secure: Promise<NativeSessionInfo>;
  readonly #engine: Engine;
  readonly #socket: Socket;

  constructor(native: Native, credential: NativeCredential, role: Role, socket: Socket) {
    this.#socket = socket;
    const { promise, resolve, reject } = deferred<NativeSessionInfo>();
    this.secure = promise;
    // A failure that nobody waits for is not an unhandled rejection.
    this.secure.catch(() => undefined);
    const session = native.createSession(credential, {
      targetName: role === 'client' ? 'localhost' : '',
      requestFlags: role === 'client' ? clientRequestFlags(false) : serverRequestFlags(true),
      alpnProtocols: [],
    });
    this.#engine = new Engine({
      session,
      result: native.result,
      role,
      effects: {
        write: (bytes) => socket.write(bytes),
        plaintext: (data) => {
          this.#sendBack(data);
        },
        choose: () => undefined,
        secure: (connection) => {
          resolve(connection);
          this.#engine.accept();
        },
        declined: () => {
          this.#engine.accept();
        },
        ticket: () => undefined,
        renegotiating: () => undefined,
        writable: () => undefined,
        resumed: () => undefined,
        end: () => {
          this.#engine.shutdown();
        },
        shutdown: () => socket.end(),
        fail: (error) => {
          reject(error);
          socket.end();
        },
      },
    });
    socket.on('data', (chunk: Buffer) => {
      this.#engine.receive(chunk);
    });
    socket.on('end', () => {
      this.#engine.transportEnded();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error('The connection was closed in the handshake'));
      this.#engine.close();
    });
  }

  start(): void {
    this.#engine.start();
  }

  close(): void {
    this.#engine.close();
    this.#socket.destroy();
  }

  #sendBack(data: Uint8Array): void {
    if (!this.#engine.canEncrypt) return;
    const output = Buffer.alloc(this.#engine.ciphertextRoom(data.length));
    this.#socket.write(output.subarray(0, this.#engine.encrypt(data, 0, data.length, output, 0)));
  }
}
