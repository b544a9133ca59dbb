import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import type {
  NativeCredential,
  NativeSession,
  NativeHandshakeResult,
  NativeStreamSizes,
} from '#lib/native/binding.js';
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

  it('exports keying material once the step under way is done, before anybody hears of that', async () => {
    const server = await serve({}, (socket) => socket.on('error', () => undefined));
    const { session, socket } = await openSession(createSession(credential), server);
    const outcome = (): unknown => {
      try {
        return session.exportKeyingMaterial(32, 'EXPORTER-x', null);
      } catch (error) {
        // Wine has none; that is known only when it was asked.
        assert.ok(failure('SetContextAttributesW(KEYING_MATERIAL_INFO)')(error));
        return 'none';
      }
    };
    const idle = outcome();
    let isOver = false;
    const over = new Promise<void>((resolve) => {
      session.shutdown(() => {
        isOver = true;
        resolve();
      });
    });
    assert.deepEqual(outcome(), idle);
    assert.equal(isOver, false);
    assert.throws(() => {
      session.shutdown(() => undefined);
    }, failure('session is busy'));
    await over;
    session.close();
    socket.destroy();
    server.close();
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
    const step = await new Promise<NativeHandshakeResult>((resolve) => {
      session.shutdown(resolve);
    });
    assert.equal(step.syscall, 'ApplyControlToken');
    assert.notEqual(step.status, SEC_E_OK);
    session.close();
  });

  describe('the memory of encrypt() and decrypt()', () => {
    let server: tls.Server;
    let session: NativeSession;
    let socket: Socket;
    let sizes: NativeStreamSizes;
    before(async () => {
      server = await serve({}, (peer) => peer.on('error', () => undefined).resume());
      const opened = await openSession(createSession(credential), server);
      ({ session, socket } = opened);
      sizes = opened.connection.sizes;
    });
    after(() => {
      session.close();
      socket.destroy();
      server.close();
    });

    type Arguments = Parameters<NativeSession['encrypt']>;
    const refuses = (syscall: string, ...given: Arguments): void => {
      for (const call of ['encrypt', 'decrypt'] as const) {
        assert.throws(() => {
          session[call](...given);
        }, failure(syscall));
      }
    };
    const room = (): Buffer => Buffer.alloc(10 + sizes.header + sizes.trailer);
    /** A record that nobody made: nothing of it is decrypted before the arguments are judged. */
    const record = (): Buffer => Buffer.from('17030300050102030405', 'hex');
    const shared = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));

    it('is the range that is given, or nothing is touched', () => {
      const bytes = Buffer.alloc(10);
      for (const [start, end, position] of [
        [5, 4, 0],
        [0, 11, 0],
        [11, 11, 0],
        [0, 1, 11],
        [0, 0xffffffff, 0],
        [0xffffffff, 0xffffffff, 0],
        [0, 1, 0xffffffff],
      ] as const) {
        refuses('range outside of its array', bytes, start, end, Buffer.alloc(10), position);
      }
    });

    it('is told in whole numbers, which do not wrap', () => {
      for (const wrong of [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 32 + 1, 2 ** 53]) {
        const syscall = 'offset outside of its range';
        refuses(syscall, Buffer.alloc(10), wrong, 1, room(), 0);
        refuses(syscall, Buffer.alloc(10), 0, wrong, room(), 0);
        refuses(syscall, Buffer.alloc(10), 0, 1, room(), wrong);
      }
      for (const wrong of ['0', null, undefined, 0n, { valueOf: () => 0 }]) {
        refuses('argument of the wrong type', Buffer.alloc(10), wrong as number, 1, room(), 0);
        refuses('argument of the wrong type', Buffer.alloc(10), 0, 1, room(), wrong as number);
      }
    });

    it('is a Uint8Array', () => {
      for (const wrong of [
        new Float64Array(9),
        new DataView(new ArrayBuffer(9)),
        new ArrayBuffer(9),
        [1, 2],
        null,
      ]) {
        refuses('argument of the wrong type', wrong as unknown as Uint8Array, 0, 1, room(), 0);
        refuses('argument of the wrong type', Buffer.alloc(9), 0, 1, wrong as unknown as Uint8Array, 0);
      }
    });

    it('of decrypt() has room for the input', () => {
      const { header } = sizes;
      const given = Buffer.concat([record(), Buffer.alloc(header)]);
      const copy = Buffer.from(given);
      const { length } = given;
      for (const [output, position] of [
        [Buffer.alloc(length - 1), 0],
        [Buffer.alloc(length), header + 1],
        [Buffer.alloc(2 * length), length + header + 1],
        [given, header + 1],
        [given, length],
      ] as const) {
        assert.throws(() => {
          session.decrypt(given, 0, length, output, position);
        }, failure('output smaller than the input'));
      }
      for (const beginning of [given.subarray(0, 1), shared(1), given]) {
        assert.throws(() => {
          session.decrypt(given, 0, length, Buffer.alloc(length), header, beginning);
        }, failure('output smaller than the input'));
      }
      assert.deepEqual(given, copy);
    });

    it('of a beginning is apart, and has one record at most', () => {
      const { header } = sizes;
      const output = Buffer.alloc(100);
      const input = record();
      for (const [beginning, syscall] of [
        [output.subarray(0, 1), 'output overlaps the input'],
        [output.subarray(1, 2), 'output overlaps the input'],
        [Buffer.concat([record(), Buffer.of(0)]), 'more than one record before the input'],
        ['17', 'argument of the wrong type'],
        [null, 'argument of the wrong type'],
        [new Uint16Array(1), 'argument of the wrong type'],
      ] as const) {
        assert.throws(() => {
          session.decrypt(input, 0, input.length, output, header, beginning as Uint8Array);
        }, failure(syscall));
      }
      const own = Buffer.concat([Buffer.alloc(1), record(), Buffer.alloc(header)]);
      assert.throws(() => {
        session.decrypt(own, 1, 11, own, 1 + header, own.subarray(0, 1));
      }, failure('output overlaps the input'));
      assert.ok(output.every((byte) => byte === 0));
      session.decrypt(input, 1, 9, output, header, input.subarray(0, 1));
      assert.deepEqual(result(), { status: SEC_E_OK, consumed: 0, written: 0 });
    });

    it('of encrypt() has room for whole records, or stops before', () => {
      const output = room().fill(0xee);
      session.encrypt(Buffer.alloc(11), 0, 11, output, 0);
      assert.equal(result().status, 0x80090321 | 0); // SEC_E_BUFFER_TOO_SMALL
      assert.equal(result().written, 0);
      assert.ok(output.every((byte) => byte === 0xee));
    });

    it('of the output may be that of the input, with the plaintext where it is encrypted', () => {
      const { header, trailer } = sizes;
      const memory = Buffer.alloc(header + 10 + trailer);
      memory.write('0123456789', header);
      session.encrypt(memory, header, header + 10, memory, 0);
      const { status, consumed, written } = result();
      assert.deepEqual([status, consumed], [SEC_E_OK, 10]);
      assert.equal(memory.readUInt16BE(3), written - 5);
      assert.equal(memory.indexOf('0123456789'), -1);
      socket.write(memory.subarray(0, written));
    });

    it('of the output is not that of the input', () => {
      const memory = room();
      const { header } = sizes;
      refuses('output overlaps the input', memory, 0, 10, memory, 0);
      refuses('output overlaps the input', memory.subarray(9), 0, 10, memory, header);
      refuses('output overlaps the input', memory, 10, 20, memory.subarray(1), 0);
      // What decrypt() may do, encrypt() may not, since a record is longer than its plaintext.
      assert.throws(() => {
        session.encrypt(memory, 0, header + 1, memory, header);
      }, failure('output overlaps the input'));
      assert.deepEqual(memory, room());
    });

    it('of the output belongs to one thread', () => {
      refuses('output in shared memory', Buffer.alloc(10), 0, 10, shared(200), 0);
      const both = shared(100);
      refuses('output in shared memory', both, 0, 10, both, sizes.header);
    });

    it('of the input may be shared', () => {
      const text = shared(10).fill(97);
      const output = room();
      session.encrypt(text, 0, 10, output, 0);
      assert.equal(result().status, SEC_E_OK);
      assert.equal(result().consumed, 10);
      socket.write(output.subarray(0, result().written));
      const partial = shared(10);
      partial.set(record());
      session.decrypt(partial, 0, 9, room(), sizes.header);
      assert.deepEqual(result(), { status: SEC_E_OK, consumed: 0, written: 0 });
    });

    it('is none where the array was detached or has lost its place', () => {
      const detached = new Uint8Array(10);
      structuredClone(detached.buffer, { transfer: [detached.buffer] });
      const resizable = Reflect.construct(ArrayBuffer, [10, { maxByteLength: 20 }]) as ArrayBuffer & {
        resize(length: number): void;
      };
      const beyond = new Uint8Array(resizable, 4, 6);
      resizable.resize(5);
      for (const gone of [detached, beyond]) {
        refuses('range outside of its array', gone, 0, 1, room(), 0);
        refuses('range outside of its array', Buffer.alloc(10), 0, 1, gone, 1);
        assert.throws(() => {
          session.decrypt(record(), 0, 10, gone, 0);
        }, failure('output smaller than the input'));
        session.encrypt(gone, 0, 0, gone, 0);
        assert.deepEqual(result(), { status: SEC_E_OK, consumed: 0, written: 0 });
        session.decrypt(gone, 0, 0, gone, 0, gone);
        assert.deepEqual(result(), { status: SEC_E_OK, consumed: 0, written: 0 });
      }
    });
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
