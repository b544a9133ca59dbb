import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';
import type { ClientHello } from '#lib/formats/client-hello/client-hello.js';
import {
  ClientHelloReader,
  HELLO_LIMITS,
  type HelloFaultReason,
  type HelloProgress,
} from '#lib/formats/client-hello/hello-reader.js';
import { alertDetails } from '#lib/base/errors/alerts.js';
import {
  chromiumHello,
  extension,
  helloMessage,
  inRecords,
  ssl2Hello,
  type Extension,
} from '../../../support/hello-builder.js';

const recorded = (name: string): Buffer => {
  const file = path.join(__dirname, '../../../../test/fixtures/client-hello', `${name}.hex`);
  return Buffer.from(readFileSync(file, 'latin1').replace(/\s/g, ''), 'hex');
};

const read = (bytes: Uint8Array, helloBytes = HELLO_LIMITS.helloBytes): HelloProgress =>
  new ClientHelloReader({ helloBytes }).push(bytes);

function helloIn(bytes: Uint8Array): ClientHello {
  const progress = read(bytes);
  assert.ok(progress.state === 'complete', JSON.stringify(progress));
  return progress.hello;
}

function faultIn(bytes: Uint8Array, helloBytes?: number): HelloFaultReason {
  const progress = read(bytes, helloBytes);
  assert.ok(progress.state === 'faulty', progress.state);
  return progress.fault.reason;
}

const withExtensions = (...extensions: readonly Extension[]): ClientHello =>
  helloIn(inRecords(helloMessage({ extensions })));

describe('formats/client-hello/hello-reader', () => {
  describe('recorded hellos', () => {
    it('OpenSSL 3.0, TLS 1.3', () => {
      assert.deepEqual(read(recorded('openssl-3.0-tls1.3')), {
        state: 'complete',
        length: 344,
        hello: {
          format: 'tls',
          legacyVersion: 0x0303,
          versions: [0x0304, 0x0303, 0x0302, 0x0301],
          cipherSuites: [
            0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x9f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x9e,
            0xc024, 0xc028, 0x6b, 0xc023, 0xc027, 0x67, 0xc00a, 0xc014, 0x39, 0xc009, 0xc013, 0x33, 0x9d,
            0x9c, 0x3d, 0x3c, 0x35, 0x2f, 0xff,
          ],
          servername: 'mail.example.com',
          alpnProtocols: ['h2', 'http/1.1'],
          signatureAlgorithms: [
            0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401,
            0x0501, 0x0601, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602,
          ],
          postHandshakeAuth: true,
          malformed: [],
        },
      });
    });

    it('OpenSSL 3.0, TLS 1.2 without a name', () => {
      const hello = helloIn(recorded('openssl-3.0-tls1.2'));
      assert.deepEqual(hello.versions, [0x0303]);
      assert.equal(hello.servername, null);
      assert.deepEqual(hello.alpnProtocols, []);
      assert.equal(hello.postHandshakeAuth, false);
      assert.equal(hello.cipherSuites[0], 0xc02c);
      assert.equal(hello.signatureAlgorithms[0], 0x0403);
    });

    it('Node 24 (OpenSSL 3.5), with a key share of ML-KEM', () => {
      const bytes = recorded('node-24');
      const progress = read(bytes);
      assert.ok(progress.state === 'complete' && progress.length === 1610);
      const { hello } = progress;
      assert.equal(hello.servername, 'www.example.org');
      assert.deepEqual(hello.versions, [0x0304, 0x0303]);
      assert.deepEqual(hello.alpnProtocols, ['h2', 'http/1.1']);
      assert.deepEqual(hello.malformed, []);
    });

    it('the Node that runs this', async () => {
      const [client, server] = duplexPair();
      const socket = tls.connect({ socket: client, servername: 'Node.Example', ALPNProtocols: ['smtp'] });
      socket.on('error', () => undefined);
      const [bytes] = (await once(server, 'data')) as [Buffer];
      socket.destroy();
      const hello = helloIn(bytes);
      assert.equal(hello.servername, 'node.example');
      assert.deepEqual(hello.alpnProtocols, ['smtp']);
      assert.deepEqual(hello.versions, [0x0304, 0x0303]);
    });

    it('shaped as those of Chromium: GREASE is left out', () => {
      const hello = helloIn(inRecords(chromiumHello('www.example.com')));
      assert.equal(hello.servername, 'www.example.com');
      assert.deepEqual(hello.versions, [0x0304, 0x0303]);
      assert.deepEqual(hello.cipherSuites.slice(0, 2), [0x1301, 0x1302]);
      assert.deepEqual(hello.alpnProtocols, ['h2', 'http/1.1']);
      assert.equal(hello.signatureAlgorithms.length, 8);
      assert.deepEqual(hello.malformed, []);
    });
  });

  describe('pieces', () => {
    const message = chromiumHello('split.example');

    it('every cut in two, and byte by byte, gives the same hello', () => {
      const bytes = inRecords(message, 500);
      const whole = read(bytes);
      for (let cut = 1; cut < bytes.length; cut += 1) {
        const reader = new ClientHelloReader();
        assert.deepEqual(reader.push(bytes.subarray(0, cut)), { state: 'incomplete', length: cut });
        assert.deepEqual(reader.push(bytes.subarray(cut)), whole);
      }
      const reader = new ClientHelloReader();
      bytes.forEach((byte) => reader.push(Uint8Array.of(byte)));
      assert.deepEqual(reader.progress, whole);
      assert.deepEqual(Buffer.from(reader.received), bytes);
    });

    it('records of any size give the same hello', () => {
      const hello = helloIn(inRecords(message));
      for (const length of [1, 2, 3, 4, 5, 7, 100, 1000]) {
        assert.deepEqual(helloIn(inRecords(message, length)), hello, `${length} bytes each`);
      }
    });

    it('a long post-quantum hello goes over more than one full record', () => {
      const extensions = [extension.keyShare([0x11ee, 18_000]), extension.serverName('long.example')];
      const bytes = inRecords(helloMessage({ extensions }));
      const progress = read(bytes);
      assert.ok(progress.state === 'complete' && progress.length === bytes.length);
      assert.equal(progress.hello.servername, 'long.example');
    });

    it('what follows the hello is kept, and not read', () => {
      const bytes = inRecords(message);
      const reader = new ClientHelloReader();
      const progress = reader.push(Buffer.concat([bytes, Buffer.from('\0 early data')]));
      assert.ok(progress.state === 'complete');
      assert.equal(progress.length, bytes.length);
      assert.equal(Buffer.from(reader.received.subarray(bytes.length)).toString(), '\0 early data');
    });

    it('the chunk is copied', () => {
      const bytes = inRecords(message);
      const reader = new ClientHelloReader();
      const first = Buffer.from(bytes.subarray(0, 900));
      reader.push(first);
      first.fill(0);
      assert.equal(reader.push(bytes.subarray(900)).state, 'complete');
    });

    it('nothing is accepted after the end', () => {
      const reader = new ClientHelloReader();
      reader.push(inRecords(message));
      assert.throws(() => reader.push(Buffer.of(1)), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    });
  });

  describe('server_name', () => {
    const named = (...names: readonly (string | Uint8Array)[]): ClientHello =>
      withExtensions(extension.serverName(...names));

    it('is in lower case, without the final dot', () => {
      assert.equal(named('Mail.EXAMPLE.com.').servername, 'mail.example.com');
      assert.equal(named('xn--bcher-kva.example').servername, 'xn--bcher-kva.example');
      assert.equal(named('_dmarc.a-b.example').servername, '_dmarc.a-b.example');
      assert.equal(named('localhost').servername, 'localhost');
    });

    for (const [what, name] of [
      ['a NUL', 'good.example\0.evil.example'],
      ['a byte above ASCII', 'b\xfccher.example'],
      ['a space', 'a b.example'],
      ['an empty label', 'a..example'],
      ['two final dots', 'a.example..'],
      ['a lone dot', '.'],
      ['a wildcard', '*.example'],
      ['a colon (IPv6)', '::1'],
      ['a slash', '../etc/passwd'],
      ['a long label', `${'a'.repeat(64)}.example`],
      ['too many bytes', `${'a.'.repeat(127)}a`],
      ['20,000 bytes', 'a'.repeat(20_000)],
    ] as const) {
      it(`with ${what} counts as absent`, () => {
        const hello = named(name);
        assert.equal(hello.servername, null);
        assert.deepEqual(hello.malformed, ['server_name']);
      });
    }

    it('of 253 characters is the longest', () => {
      const name = `${'a.'.repeat(126)}a`;
      assert.equal(named(name).servername, name);
      assert.equal(named(`${name}.`).servername, name);
    });

    it('that comes twice in its list counts as absent', () => {
      const hello = named('one.example', 'two.example');
      assert.equal(hello.servername, null);
      assert.deepEqual(hello.malformed, ['server_name']);
    });

    it('of an unknown type is skipped', () => {
      const content = Buffer.from('001201000361626300000963 2e6578616d706c65'.replace(' ', ''), 'hex');
      const hello = withExtensions(extension.other(0, content));
      assert.equal(hello.servername, 'c.example');
    });

    for (const [what, content] of [
      ['nothing in it', ''],
      ['an empty list', '0000'],
      ['an empty name', '0003000000'],
      ['a list that is longer than the extension', '00ff00000161'],
      ['a name that is longer than the list', '0004000005 61'.replace(' ', '')],
      ['bytes behind the list', '000400000161ff'],
    ] as const) {
      it(`with ${what} counts as absent`, () => {
        const hello = withExtensions(extension.other(0, Buffer.from(content, 'hex')), extension.alpn('h2'));
        assert.equal(hello.servername, null);
        assert.deepEqual(hello.malformed, ['server_name']);
        assert.deepEqual(hello.alpnProtocols, ['h2']);
      });
    }
  });

  it('reads names of ALPN as bytes, reserved ones left out', () => {
    assert.deepEqual(withExtensions(extension.alpn('\xff\x00', '\x5a\x5a', 'h2')).alpnProtocols, [
      '\xff\x00',
      'h2',
    ]);
    for (const content of ['', '0000', '000100', '00020568', '0003026832ff']) {
      const hello = withExtensions(extension.other(16, Buffer.from(content, 'hex')));
      assert.deepEqual([hello.alpnProtocols, hello.malformed], [[], ['alpn']], content);
    }
  });

  it('names every extension that it cannot read', () => {
    const hello = withExtensions(
      extension.other(13, Buffer.from('000304', 'hex')),
      extension.other(43, Buffer.from('03030403', 'hex')),
      extension.other(49, Buffer.of(0)),
    );
    assert.deepEqual(hello.malformed, ['signature_algorithms', 'supported_versions', 'post_handshake_auth']);
    assert.deepEqual(hello.versions, [0x0303]);
    assert.equal(hello.postHandshakeAuth, false);
  });

  it('takes hellos of old clients: no extensions at all', () => {
    const hello = helloIn(
      inRecords(helloMessage({ legacyVersion: 0x0301, extensions: null, cipherSuites: [0x2f] })),
    );
    assert.deepEqual([hello.versions, hello.cipherSuites, hello.servername], [[0x0301], [0x2f], null]);
  });

  describe('in the form of SSL 2', () => {
    it('has suites and a version, and nothing else', () => {
      const bytes = ssl2Hello(0x0303, [0x00002f, 0x010080, 0x00c02f]);
      assert.deepEqual(read(Buffer.concat([bytes, Buffer.of(1, 2, 3)])), {
        state: 'complete',
        length: bytes.length,
        hello: {
          format: 'ssl2',
          legacyVersion: 0x0303,
          versions: [0x0303],
          cipherSuites: [0x2f, 0xc02f],
          servername: null,
          alpnProtocols: [],
          signatureAlgorithms: [],
          postHandshakeAuth: false,
          malformed: [],
        },
      });
    });

    it('comes byte by byte too', () => {
      const reader = new ClientHelloReader();
      const bytes = ssl2Hello(0x0301, [0x2f]);
      const states = Array.from(bytes, (byte) => reader.push(Uint8Array.of(byte)).state);
      assert.equal(states.indexOf('complete'), bytes.length - 1);
    });

    it('is damaged when its lengths do not add up', () => {
      assert.equal(faultIn(ssl2Hello(0x0303, [])), 'damaged');
      for (const at of [6, 8, 10]) {
        const bytes = ssl2Hello(0x0303, [0x2f]);
        bytes[at] = (bytes[at] ?? 0) + 1;
        assert.equal(faultIn(bytes), 'damaged');
      }
    });

    it('is no TLS when another message is in it', () => {
      assert.equal(faultIn(Buffer.from('802e04', 'hex')), 'not-tls');
    });
  });

  describe('faults', () => {
    const KINDS = [
      ['not-tls', 'ERR_SCHANNEL_PEER_NOT_TLS', null, Buffer.from('G')],
      ['not-tls', 'ERR_SCHANNEL_PEER_NOT_TLS', null, Buffer.of(22, 2)],
      ['not-a-hello', 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', 10, Buffer.of(21, 3, 3, 0, 2, 1, 0)],
      ['not-a-hello', 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', 10, Buffer.of(22, 3, 1, 0, 1, 2)],
      ['damaged', 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', 50, Buffer.of(22, 3, 1, 0, 0)],
      ['record-too-long', 'ERR_SCHANNEL_PEER_RECORD_OVERFLOW', 22, Buffer.of(22, 3, 1, 0x40, 1)],
      ['too-large', 'ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE', 22, Buffer.of(22, 3, 1, 0, 4, 1, 1, 0, 0)],
    ] as const;
    for (const [reason, code, alert, bytes] of KINDS) {
      it(`${reason} (${bytes.toString('hex')}): code, phase and alert`, () => {
        const progress = read(bytes);
        assert.ok(progress.state === 'faulty');
        const { fault } = progress;
        assert.deepEqual([fault.reason, fault.error.code, fault.alert], [reason, code, alert]);
        assert.equal(fault.error.phase, 'handshake');
        assert.deepEqual(fault.error.alert, alert === null ? undefined : alertDetails(alert, 'sent'));
      });
    }

    it('another record within the hello', () => {
      const half = inRecords(helloMessage()).subarray(0, 5 + 20);
      half.writeUInt16BE(20, 3);
      assert.equal(read(half).state, 'incomplete');
      for (const next of ['140303', '170303', '47455420']) {
        assert.equal(faultIn(Buffer.concat([half, Buffer.from(next, 'hex')])), 'not-a-hello', next);
      }
    });

    it('an extension that comes twice, whichever it is', () => {
      for (const twice of [extension.serverName('a.example'), extension.other(0x1234)]) {
        const bytes = inRecords(helloMessage({ extensions: [twice, extension.alpn('h2'), twice] }));
        assert.equal(faultIn(bytes), 'damaged');
      }
    });

    for (const [what, message] of [
      [
        'a session id of 33 bytes that is not there',
        helloMessage({ sessionId: Buffer.alloc(33) }).subarray(0, 60),
      ],
      ['no cipher suites', helloMessage({ cipherSuites: [] })],
      ['no compression method', helloMessage({ compressionMethods: Buffer.alloc(0) })],
      ['bytes behind its extensions', helloMessage({ behind: Buffer.of(0) })],
      ['nothing in it', Buffer.of(1, 0, 0, 0)],
    ] as const) {
      it(`a hello with ${what}`, () => {
        const whole = Buffer.from(message);
        whole.writeUIntBE(whole.length - 4, 1, 3);
        assert.equal(faultIn(inRecords(whole)), 'damaged');
      });
    }
  });

  describe('helloBytes', () => {
    const bytes = inRecords(helloMessage({ extensions: [extension.padding(2000)] }), 1000);

    it('may be reached, not passed', () => {
      assert.equal(read(bytes, bytes.length).state, 'complete');
      assert.equal(faultIn(bytes, bytes.length - 1), 'too-large');
    });

    it('is told from the length of the message, before it has come', () => {
      assert.equal(faultIn(bytes.subarray(0, 1005), 1500), 'too-large');
      assert.equal(read(bytes.subarray(0, 1005)).state, 'incomplete');
    });

    it('holds for headers of tiny records, which nobody needs', () => {
      const tiny = inRecords(helloMessage({ extensions: [extension.padding(12_000)] }), 1);
      assert.ok(tiny.length > HELLO_LIMITS.helloBytes);
      assert.equal(faultIn(tiny), 'too-large');
    });

    it('leaves room for what Schannel takes, in records of an ordinary size', () => {
      const message = helloMessage({ extensions: [extension.padding(16_303)] });
      assert.equal(message.length, 16_384 + 4);
      for (const fragment of [16_384, 1400, 64])
        assert.equal(read(inRecords(message, fragment)).state, 'complete');
    });

    it('bounds what there is to read', () => {
      const names = (count: number): Buffer =>
        inRecords(
          helloMessage({ extensions: [extension.alpn(...Array.from({ length: count }, () => 'x'))] }),
        );
      const progress = read(names(10_000));
      assert.ok(progress.state === 'complete');
      assert.equal(progress.hello.alpnProtocols.length, 10_000);
      assert.equal(faultIn(names(10_300)), 'too-large');
      const numbers = Array.from({ length: 6000 }, (_, at) => extension.other(0x1000 + at));
      assert.equal(faultIn(inRecords(helloMessage({ extensions: numbers }))), 'too-large');
    });

    it('does not bound what comes behind the hello in the same chunk', () => {
      assert.equal(read(Buffer.concat([bytes, Buffer.alloc(100_000)])).state, 'complete');
    });

    it('is what the documentation says unless another is given', () => {
      assert.deepEqual(HELLO_LIMITS, { helloBytes: 20_480 });
      assert.equal(faultIn(Buffer.concat([ssl2Hello(0x0303, [0x2f])]), 20), 'too-large');
    });
  });
});
