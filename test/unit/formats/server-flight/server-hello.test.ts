import assert from 'node:assert/strict';
import { readServerHello } from '#lib/formats/server-flight/server-hello.js';
import { MalformedMessage } from '#lib/formats/tls-wire/byte-reader.js';
import { serverHello } from '../../../support/server-flight.js';

const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');

describe('formats/server-flight/server-hello', () => {
  it('reads version, suite and extensions', () => {
    const body = serverHello({
      version: 0x0303,
      suite: 0xc02f,
      extensions: [
        [16, '0003026832'],
        [0xff01, '00'],
      ],
    });
    assert.deepEqual(readServerHello(body), {
      version: 0x0303,
      suite: 0xc02f,
      compression: 0,
      isRetry: false,
      group: null,
      share: null,
      alpn: 'h2',
      extensions: [16, 0xff01],
    });
  });

  it('takes the version of TLS 1.3 from its extension, and the share', () => {
    const hello = readServerHello(
      serverHello({
        version: 0x0303,
        suite: 0x1301,
        extensions: [
          [43, '0304'],
          [51, '001d0003aabbcc'],
        ],
      }),
    );
    assert.equal(hello.version, 0x0304);
    assert.equal(hello.group, 29);
    assert.deepEqual([...(hello.share ?? [])], [0xaa, 0xbb, 0xcc]);
  });

  it('refuses TLS 1.3 in the field of earlier versions, and earlier versions in the extension', () => {
    for (const [version, extension] of [
      [0x0304, null],
      [0x0303, '0303'],
      [0x0302, '0304'],
      [0xfefd, null],
    ] as const) {
      const body = serverHello({
        version,
        suite: 0x1301,
        extensions: extension === null ? [] : [[43, extension]],
      });
      assert.throws(() => readServerHello(body), MalformedMessage, `${version} ${extension}`);
    }
  });

  it('knows a retry by its random, and the group that it asks for', () => {
    const hello = readServerHello(
      serverHello({
        version: 0x0303,
        suite: 0x1302,
        random: RETRY,
        extensions: [
          [43, '0304'],
          [51, '11ec'],
        ],
      }),
    );
    assert.deepEqual([hello.isRetry, hello.group, hello.share], [true, 0x11ec, null]);
  });

  it('reads a hello of SSL 3, which has no extensions', () => {
    assert.equal(readServerHello(serverHello({ version: 0x0300, suite: 0x000a })).version, 0x0300);
  });

  it('refuses what is cut short or too long, wherever', () => {
    const whole = serverHello({
      version: 0x0303,
      suite: 0x1301,
      extensions: [
        [43, '0304'],
        [51, '001d0003aabbcc'],
      ],
    });
    for (let length = 0; length < whole.length; length += 1) {
      // Without its extensions it is one of TLS 1.2.
      if (length === 2 + 32 + 1 + 2 + 1) continue;
      assert.throws(() => readServerHello(whole.subarray(0, length)), MalformedMessage, `${length}`);
    }
    assert.throws(() => readServerHello(Buffer.concat([whole, Buffer.of(0)])), MalformedMessage);
  });
});
