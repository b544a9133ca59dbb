import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { verifyRequest } from '#lib/windows/trust/verify.js';
import type { NativeCredential, NativeSession, NativeVerifyOutcome } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { sharedRoot, type TestAuthority } from '../../support/certificates.js';
import { acquire, createSession, handshake, openSession, SEC_I_CONTINUE_NEEDED } from '../native/client.js';

const SEC_E_INVALID_HANDLE = 0x80090301;

/** More than there are threads for verification, or for anything, on any machine. */
const MANY = 40;

/** A host that takes every request and answers none. */
class SilentHost {
  readonly asked: string[] = [];
  readonly #server: Server = createServer((request) => {
    this.asked.push(request.url ?? '');
    this.#server.emit('asked');
  });

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  address(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/${randomUUID()}`;
  }

  async beAsked(): Promise<void> {
    if (this.asked.length === 0) await once(this.#server, 'asked');
  }

  /** Clients that wait for it, or come later, are refused at once. */
  leave(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe('verify: hosts that peers name', () => {
  let stranger: TestAuthority;
  let credential: NativeCredential;
  let host: SilentHost;

  before(async () => {
    stranger = await sharedRoot('CN=stranger');
    credential = await acquire();
  });
  after(() => credential.close());
  beforeEach(async () => {
    host = new SilentHost();
    await host.start();
  });
  afterEach(() => host.leave());

  /** A certificate that says where its issuer may be fetched. */
  const pointingTo = async (caIssuers: string) => stranger.issue({ caIssuers });

  const verify = (subject: {
    session?: NativeSession;
    certificates?: readonly Uint8Array[];
  }): Promise<NativeVerifyOutcome> => {
    const { session = null, certificates = [] } = subject;
    const request = verifyRequest({
      session,
      certificates,
      trust: null,
      role: 'server',
      revocation: 'off',
      urlTimeout: 0x7fffffff,
    });
    return new Promise((resolve) => {
      native().verifyChain(request, resolve);
    });
  };

  /** Verifications that end when the host leaves, and have every thread that they may have. */
  const waiting = async (): Promise<Promise<NativeVerifyOutcome>[]> => {
    const leaves = await Promise.all(Array.from({ length: MANY }, () => pointingTo(host.address())));
    const verifications = leaves.map(({ der }) => verify({ certificates: [der] }));
    await host.beAsked();
    return verifications;
  };

  it('hold up verifications, and no handshake', async () => {
    const verifications = await waiting();
    const session = createSession(credential);
    const { status } = await handshake(session, []);
    assert.equal(status, SEC_I_CONTINUE_NEEDED);
    session.close();
    host.leave();
    const outcomes = await Promise.all(verifications);
    const IS_PARTIAL_CHAIN = 0x10000;
    assert.ok(outcomes.every(({ errorStatus }) => (errorStatus & IS_PARTIAL_CHAIN) !== 0));
  });

  it('are not asked for a connection that is gone', async () => {
    const address = host.address();
    const { cert, key } = await pointingTo(address);
    const server = tls.createServer({ cert, key }, (socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { session, socket } = await openSession(createSession(credential), server);
    const verifications = await waiting();
    const late = verify({ session });
    session.close();
    host.leave();
    assert.equal((await late).status, SEC_E_INVALID_HANDLE);
    await Promise.all(verifications);
    assert.ok(!host.asked.some((url) => address.endsWith(url)));
    socket.destroy();
    server.close();
  });
});
