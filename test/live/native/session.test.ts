import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls from 'node:tls';
import type { NativeCredential, NativeSession, NativeStep } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { sharedRoot, type TestCertificate } from '../../support/certificates.js';
import { acquire, createSession, handshake, openSession, SEC_E_OK, SEC_I_CONTINUE_NEEDED } from './client.js';

const failure = (syscall: string) => (error: unknown) => {
  assert.ok(error instanceof Error && 'status' in error && 'syscall' in error);
  assert.equal(typeof error.status, 'number');
  assert.equal(error.syscall, syscall);
  return true;
};

/** What encrypt() and decrypt() left in their shared words. */
function result() {
  const [status = 0, consumed = 0, written = 0] = native().result;
  return { status, consumed, written };
}

describe('native session', () => {
  let credential: NativeCredential;
  let leaf: TestCertificate;

  before(async () => {
    credential = await acquire();
    leaf = await (await sharedRoot()).issue({ subject: 'CN=localhost' });
  });
  after(() => {
    credential.close();
  });

  const serve = async (options: tls.TlsOptions, onSocket: (socket: tls.TLSSocket) => void) => {
    const server = tls.createServer({ cert: leaf.cert, key: leaf.key, ...options }, onSocket);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`exchanges many records in one call each way, ${maxVersion}`, async () => {
      const text = Buffer.from('0123456789'.repeat(10_000));
      const server = await serve({ maxVersion, ALPNProtocols: ['other', 'mine'] }, (socket) => {
        let received = 0;
        socket.on('error', () => undefined);
        socket.on('data', (chunk: Buffer) => {
          received += chunk.length;
          if (received === text.length) socket.write(text);
        });
      });
      const { session, socket, connection, rest } = await openSession(
        createSession(credential, ['mine']),
        server,
      );
      assert.equal(Buffer.from(connection.alpnProtocol ?? []).toString(), 'mine');
      assert.deepEqual(Buffer.from(connection.peerCertificates[0] ?? []), Buffer.from(leaf.der));

      const { header, trailer, maximumMessage } = connection.sizes;
      const records = Math.ceil(text.length / maximumMessage);
      const sealed = Buffer.alloc(records * (header + trailer + maximumMessage));
      session.encrypt(text, 0, text.length, sealed, 0);
      const { status, consumed, written } = result();
      assert.equal(status, SEC_E_OK);
      assert.equal(consumed, text.length);
      socket.write(sealed.subarray(0, written));

      let pending = rest;
      let plaintext = Buffer.alloc(0);
      while (plaintext.length < text.length) {
        const [chunk] = (await once(socket, 'data')) as [Buffer];
        pending = Buffer.concat([pending, chunk]);
        const output = Buffer.alloc(100 + pending.length, 0xee);
        session.decrypt(pending, 0, pending.length, output, 100);
        const opened = result();
        assert.equal(opened.status, SEC_E_OK);
        assert.ok(output.subarray(0, 100).every((byte) => byte === 0xee));
        plaintext = Buffer.concat([plaintext, output.subarray(100, 100 + opened.written)]);
        pending = pending.subarray(opened.consumed);
      }
      assert.ok(plaintext.equals(text));
      session.close();
      socket.destroy();
      server.close();
    });
  }

  it('takes one step at a time', async () => {
    const session = createSession(credential);
    const first = handshake(session, []);
    const refuse = failure('session is busy');
    assert.throws(() => {
      session.handshake([], () => undefined);
    }, refuse);
    assert.throws(() => {
      session.shutdown(() => undefined);
    }, refuse);
    assert.throws(() => {
      session.encrypt(Buffer.of(1), 0, 1, Buffer.alloc(99), 0);
    }, refuse);
    assert.equal((await first).status, SEC_I_CONTINUE_NEEDED);
    session.close();
  });

  it('ends the step under way when it is closed', async () => {
    const session = createSession(credential);
    const step = handshake(session, []);
    session.close();
    session.close();
    assert.equal((await step).status, SEC_I_CONTINUE_NEEDED);
    assert.throws(() => {
      session.handshake([], () => undefined);
    }, failure('session is closed'));
    assert.throws(() => {
      session.decrypt(Buffer.of(1), 0, 1, Buffer.alloc(9), 0);
    }, failure('session is closed'));
  });

  it('refuses what its phase does not permit', async () => {
    const session = createSession(credential);
    assert.throws(() => {
      session.handshake([Buffer.of(22)], () => undefined);
    }, failure('session is not started'));
    assert.throws(() => {
      session.encrypt(Buffer.of(1), 0, 1, Buffer.alloc(99), 0);
    }, failure('session is not open'));
    assert.throws(() => session.exportKeyingMaterial(32, 'EXPORTER-x', null), failure('session is not open'));
    const step = await new Promise<NativeStep>((resolve) => {
      session.shutdown(resolve);
    });
    assert.equal(step.syscall, 'ApplyControlToken');
    assert.notEqual(step.status, SEC_E_OK);
    session.close();
  });

  it('refuses ranges outside of their arrays', async () => {
    const server = await serve({}, (socket) => socket.on('error', () => undefined).resume());
    const { session, socket } = await openSession(createSession(credential), server);
    const bytes = Buffer.alloc(10);
    for (const [start, end, position] of [
      [5, 4, 0],
      [0, 11, 0],
      [0, 1, 11],
    ] as const) {
      assert.throws(() => {
        session.encrypt(bytes, start, end, bytes, position);
      }, failure('range outside of its array'));
    }
    for (const [output, position] of [
      [Buffer.alloc(9), 0],
      [bytes, 10],
    ] as const) {
      assert.throws(() => {
        session.decrypt(bytes, 0, 10, output, position);
      }, failure('output smaller than the input'));
    }
    assert.throws(() => {
      session.encrypt(new Float64Array(9) as unknown as Uint8Array, 0, 1, bytes, 0);
    }, failure('argument of the wrong type'));
    session.close();
    socket.destroy();
    server.close();
  });

  it('refuses objects of another kind', () => {
    const session = createSession(credential);
    const close = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(session), 'close')
      ?.value as () => void;
    const { createSession: create } = native();
    for (const foreign of [{}, credential, Object.create(session) as object, null]) {
      assert.throws(() => {
        close.call(foreign);
      }, TypeError);
    }
    for (const foreign of [{}, session, Object.create(credential) as object, null]) {
      assert.throws(
        () => create(foreign as NativeCredential, { targetName: '', requestFlags: 0, alpnProtocols: [] }),
        failure('object of the wrong class'),
      );
    }
    const Class = session.constructor as new () => NativeSession;
    assert.throws(() => new Class(), failure('class without a public constructor'));
    session.close();
  });

  it('refuses a credential that is closed', async () => {
    const closed = await acquire();
    closed.close();
    closed.close();
    assert.throws(() => createSession(closed), failure('credential is closed'));
  });
});
