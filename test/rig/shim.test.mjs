import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { useRig } from './support.mjs';

const SOURCE = fileURLToPath(new URL('sspi-client.c', import.meta.url));

describe("rig: what the shim adds to Wine's Schannel", () => {
  const context = useRig();
  let program;
  let identity;

  before(() => {
    const file = (name) => join(context.directory, name);
    program = file('sspi-client.exe');
    execFileSync('x86_64-w64-mingw32-gcc-posix', ['-O1', '-o', program, SOURCE, '-lsecur32', '-lws2_32']);
    const request = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '2'];
    execFileSync(
      'openssl',
      ['req', '-x509', ...request, '-keyout', file('key.pem'), '-out', file('cert.pem')],
      { stdio: 'ignore' },
    );
    identity = { key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) };
  });

  /** What the client prints, by name, when it meets `server`. */
  async function meet(server, args = [], unixEnv = {}) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { code, stdout, stderr } = await context.rig.run(
        program,
        [String(server.address().port), ...args],
        { unixEnv },
      );
      assert.deepEqual([code, stderr], [0, '']);
      return Object.fromEntries(
        stdout
          .trim()
          .split('\r\n')
          .map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]),
      );
    } finally {
      server.close();
    }
  }

  /** Ends after its words are out: at once, Node would leave close_notify away while it sends tickets. */
  const greeter = (options = {}) =>
    createServer({ ...identity, ...options }, (socket) =>
      socket.write('hello', () => setImmediate(() => socket.end())),
    ).on('tlsClientError', () => {});

  it('offers TLS 1.3 by default and names its suite', async () => {
    assert.deepEqual(await meet(greeter()), {
      handshake: '0x00000000',
      protocol: '0x2000',
      suite: '0x1302 TLS_AES_256_GCM_SHA384',
      data: 'hello',
      end: '0x00090317',
    });
  });

  it('prefers the newest version, since servers may follow the order of a hello', async () => {
    let hello = Buffer.alloc(0);
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        hello = Buffer.concat([hello, chunk]);
        if (hello.length >= 5 + hello.readUInt16BE(3)) socket.end();
      });
    });
    await meet(server);
    assert.deepEqual(offeredVersions(hello), [0x0304, 0x0303, 0x0302, 0x0301]);
  });

  it('offers only TLS 1.2 if that is requested', async () => {
    const { protocol, suite } = await meet(greeter({ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }), ['tls12']);
    assert.deepEqual([protocol, suite], ['0x800', '0xc02f TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']);
  });

  it('tells the end of data from the end of the connection in TLS 1.2', async () => {
    assert.equal((await meet(greeter(), ['tls12'])).end, '0x00090317');
  });

  it('says what alert the peer sent', async () => {
    const { handshake } = await meet(greeter({ minVersion: 'TLSv1.3' }), ['tls12']);
    assert.equal(handshake, '0x80090302');
  });

  it('sends an alert when it refuses', async () => {
    let answer = Buffer.alloc(0);
    const server = createTcpServer((socket) => {
      let met = false;
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        if (met) answer = Buffer.concat([answer, chunk]);
        else socket.write(Buffer.from('160303000402000000', 'hex')); // a ServerHello without content
        met = true;
      });
    });
    const ended = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)));
    const { handshake } = await meet(server);
    await ended;
    assert.equal(handshake, '0x80090326');
    assert.deepEqual([...answer.subarray(0, 1), ...answer.subarray(3, 6)], [21, 0, 2, 2]);
  });

  it('leaves Wine as it is when told so', async () => {
    const { protocol, end } = await meet(greeter(), [], { SCHANRIG: 'none' });
    assert.deepEqual([protocol, end], ['0x800', '0x00000000']);
  });

  it('does one thing without the others', async () => {
    const { protocol, end } = await meet(greeter(), [], { SCHANRIG: 'alert,close' });
    assert.deepEqual([protocol, end], ['0x800', '0x00090317']);
  });
});

/** The extension supported_versions (RFC 8446, section 4.2.1) of a record that holds a ClientHello. */
function offeredVersions(record) {
  let at = 5 + 4 + 2 + 32; // the record's head, the message's, the version, the random bytes
  at += 1 + record.readUInt8(at); // session
  at += 2 + record.readUInt16BE(at); // suites
  at += 1 + record.readUInt8(at); // compression
  for (at += 2; at < record.length; at += 4 + record.readUInt16BE(at + 2)) {
    if (record.readUInt16BE(at) !== 43) continue;
    const list = record.subarray(at + 5, at + 5 + record.readUInt8(at + 4));
    return Array.from({ length: list.length / 2 }, (_, index) => list.readUInt16BE(2 * index));
  }
  return null;
}
