import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { NativeCredential, NativeCredentialRequest, NativeSession } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { serverRequestFlags } from '#lib/tls/credential/session-flags.js';

/** SCH_CRED_NO_SYSTEM_MAPPER and SCH_USE_STRONG_CRYPTO. */
const COMMON = { role: 'server', flags: 0x400002, sessionLifespan: 0 } as const;

/** Credentials that negotiate this version with a client that has both; SCHANNEL_CRED has no TLS 1.3 on Windows. */
export const SERVER_CREDENTIALS = {
  'TLSv1.2': { ...COMMON, structure: 4, protocols: 0x400 },
  'TLSv1.3': { ...COMMON, structure: 5, protocols: 0 },
} as const satisfies Record<string, NativeCredentialRequest>;

export interface ServerSessionOptions {
  readonly alpnProtocols?: readonly string[];
  /** Ask for a certificate. */
  readonly mutual?: boolean;
}

export function createServerSession(
  credential: NativeCredential,
  { alpnProtocols = [], mutual = false }: ServerSessionOptions = {},
): NativeSession {
  return native().createSession(credential, {
    targetName: '',
    requestFlags: serverRequestFlags(mutual),
    alpnProtocols: alpnProtocols.map((name) => Buffer.from(name)),
  });
}

/** A listener on loopback whose connections are asked for one by one. */
export class Listener {
  readonly #server: Server;
  /** Connections that nobody asked for yet, or those who wait for one: never both. */
  readonly #sockets: Socket[] = [];
  readonly #waiting: ((socket: Socket) => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      const first = this.#waiting.shift();
      if (first === undefined) this.#sockets.push(socket);
      else first(socket);
    });
  }

  static async start(): Promise<Listener> {
    // Half-open: the last flight of a client that left still has its answer.
    const server = createServer({ allowHalfOpen: true });
    const listener = new Listener(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async next(): Promise<Socket> {
    const socket = this.#sockets.shift();
    if (socket !== undefined) return socket;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}
