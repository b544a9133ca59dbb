import assert from 'node:assert/strict';
import {
  ClientHelloReader,
  HELLO_LIMITS,
  type HelloProgress,
} from '#lib/formats/client-hello/hello-reader.js';
import { chromiumHello, extension, helloMessage, inRecords, ssl2Hello } from '../../support/hello-builder.js';
import { waysToCut } from '../pieces.js';

export const what = 'the first message of a TLS client';
export const longest = 4096;

export const seeds = (): readonly Uint8Array[] => [
  inRecords(chromiumHello('mail.example')),
  inRecords(chromiumHello('mail.example'), 200),
  inRecords(
    helloMessage({
      extensions: [
        extension.serverName('a.example'),
        extension.alpn('h2', 'http/1.1'),
        extension.signatureAlgorithms(0x0403, 0x0804),
        extension.supportedVersions(0x0304, 0x0303),
        extension.postHandshakeAuth(),
        extension.keyShare([0x001d, 32]),
        extension.padding(20),
      ],
    }),
    30,
  ),
  inRecords(helloMessage({ extensions: null })),
  ssl2Hello(0x0301, [0x2f, 0x35, 0x010080]),
  Buffer.from('GET / HTTP/1.1\r\n\r\n'),
];

/** However it is cut, it is the same hello or the same fault, and all that a server acts on has its form. */
export function fuzz(data: Buffer): void {
  const [whole, ...others] = waysToCut(data).map(read);
  assert.ok(whole);
  check(whole);
  for (const other of others) assert.deepEqual(other, whole);
}

interface Read {
  readonly state: HelloProgress['state'];
  readonly hello: unknown;
  readonly fault: unknown;
}

function read(pieces: readonly Buffer[]): Read {
  const reader = new ClientHelloReader();
  let given = 0;
  for (const piece of pieces) {
    const progress = reader.push(piece);
    given += piece.length;
    assert.equal(reader.received.length, given);
    assert.ok(progress.length <= given && given <= HELLO_LIMITS.helloBytes + piece.length);
    if (progress.state !== 'incomplete') break;
  }
  const { progress } = reader;
  return {
    state: progress.state,
    hello: progress.state === 'complete' ? progress.hello : null,
    fault:
      progress.state === 'faulty'
        ? { reason: progress.fault.reason, code: progress.fault.error.code, alert: progress.fault.alert }
        : null,
  };
}

function check({ hello }: Read): void {
  const { servername, alpnProtocols, versions, cipherSuites } = (hello ?? {}) as Partial<
    Extract<HelloProgress, { state: 'complete' }>['hello']
  >;
  if (servername !== undefined && servername !== null) assert.match(servername, /^[a-z0-9._-]{1,253}$/);
  for (const name of alpnProtocols ?? []) assert.ok(name.length > 0 && name.length < 256);
  for (const number of [...(versions ?? []), ...(cipherSuites ?? [])])
    assert.ok(number >= 0 && number <= 0xffff);
}
