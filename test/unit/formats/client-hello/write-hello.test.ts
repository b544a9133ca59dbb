import assert from 'node:assert/strict';
import { ClientHelloReader } from '#lib/formats/client-hello/hello-reader.js';
import {
  applicationProtocols,
  extension,
  helloMessage,
  helloRecord,
  numberList,
  serverName,
  ssl2Hello,
} from '#lib/formats/client-hello/write-hello.js';

const random = new Uint8Array(32).fill(7);
const sessionId = new Uint8Array(0);

function read(bytes: Uint8Array) {
  const progress = new ClientHelloReader().push(bytes);
  assert.ok(progress.state === 'complete', JSON.stringify(progress));
  assert.equal(progress.length, bytes.length);
  return progress.hello;
}

describe('formats/client-hello/write-hello', () => {
  it('writes what the reader reads', () => {
    const extensions = [
      serverName('www.example'),
      applicationProtocols(['h2', 'http/1.1']),
      extension(13, numberList(2, [0x0403, 0x0804])),
      extension(43, numberList(1, [0x0304])),
    ];
    const message = helloMessage({
      version: 0x0304,
      suites: [0x1301, 0x1302],
      random,
      sessionId,
      extensions,
    });
    assert.deepEqual(read(helloRecord(message, 0x0304)), {
      format: 'tls',
      legacyVersion: 0x0303,
      versions: [0x0304],
      cipherSuites: [0x1301, 0x1302],
      servername: 'www.example',
      alpnProtocols: ['h2', 'http/1.1'],
      signatureAlgorithms: [0x0403, 0x0804],
      postHandshakeAuth: false,
      malformed: [],
    });
  });

  it('writes a hello of SSL 3 without a list of extensions', () => {
    const message = helloMessage({ version: 0x0300, suites: [0x000a], random, sessionId, extensions: null });
    const hello = read(helloRecord(message, 0x0300));
    assert.deepEqual(hello.versions, [0x0300]);
    // header, version, random, empty session id, one suite, no compression
    assert.equal(message.length, 4 + 2 + 32 + 1 + 4 + 2);
  });

  it('puts no later version than TLS 1.0 into the record', () => {
    const message = helloMessage({ version: 0x0303, suites: [0x002f], random, sessionId, extensions: [] });
    assert.deepEqual([...helloRecord(message, 0x0303).subarray(0, 3)], [22, 3, 1]);
    assert.deepEqual([...helloRecord(message, 0x0300).subarray(0, 3)], [22, 3, 0]);
  });

  it('writes a hello of SSL 2', () => {
    const hello = read(ssl2Hello(random.subarray(0, 16)));
    assert.equal(hello.format, 'ssl2');
    assert.equal(hello.legacyVersion, 2);
  });
});
