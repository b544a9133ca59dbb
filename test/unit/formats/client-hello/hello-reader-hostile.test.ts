import assert from 'node:assert/strict';
import {
  ClientHelloReader,
  HELLO_LIMITS,
  type HelloProgress,
} from '#lib/formats/client-hello/hello-reader.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import {
  chromiumHello,
  extension,
  helloMessage,
  inRecords,
  ssl2Hello,
} from '../../../support/hello-builder.js';
import { numbersFrom } from '../../../support/mutations.js';

const HELLO = inRecords(chromiumHello('hostile.example'));

/** What a reader says in the end, and how many chunks and bytes it took to say so. */
interface Reading {
  readonly progress: HelloProgress;
  readonly pushes: number;
  readonly bytes: number;
}

/** Reads chunks until they are enough; nothing is thrown, and a refusal has a code of ours. */
function readingOf(bytes: Buffer, chunk = Infinity): Reading {
  const reader = new ClientHelloReader();
  let [pushes, taken] = [0, 0];
  while (taken < bytes.length && reader.progress.state === 'incomplete') {
    const piece = bytes.subarray(taken, taken + Math.min(chunk, bytes.length));
    reader.push(piece);
    pushes += 1;
    taken += piece.length;
  }
  const { progress } = reader;
  if (progress.state === 'faulty') {
    assert.ok(progress.fault.error instanceof SchannelError);
    assert.match(progress.fault.error.code, /^ERR_SCHANNEL_PEER_/);
  }
  return { progress, pushes, bytes: taken };
}

const stateOf = (bytes: Buffer): HelloProgress['state'] => readingOf(bytes).progress.state;

describe('formats/client-hello/hello-reader: hostile input', () => {
  it('a hello that ends at any byte is incomplete', () => {
    for (let length = 1; length < HELLO.length; length += 1)
      assert.equal(stateOf(HELLO.subarray(0, length)), 'incomplete');
    assert.equal(stateOf(HELLO), 'complete');
  });

  it('a hello with any byte changed is read, refused by code, or goes on', () => {
    const changes: readonly ((byte: number) => number)[] = [
      (byte) => byte ^ 0x01,
      (byte) => byte ^ 0x80,
      () => 0,
      () => 0xff,
      (byte) => (byte + 1) & 0xff,
    ];
    const states = { incomplete: 0, complete: 0, faulty: 0 };
    for (let at = 0; at < HELLO.length; at += 1) {
      for (const change of changes) {
        const copy = Buffer.from(HELLO);
        copy[at] = change(copy[at] ?? 0);
        states[stateOf(copy)] += 1;
      }
    }
    for (const [state, count] of Object.entries(states)) assert.ok(count > 5, `${state}: ${count}`);
  });

  it('random bytes, bare and in records, are refused by code or go on', () => {
    const below = numbersFrom(20_250_904);
    const states = { incomplete: 0, complete: 0, faulty: 0 };
    for (let round = 0; round < 8000; round += 1) {
      const bytes = Buffer.from(Array.from({ length: 1 + below(120) }, () => below(256)));
      const message = Buffer.concat([Buffer.of(1), bytes.subarray(0, 3), bytes]);
      states[stateOf([bytes, inRecords(bytes), inRecords(message, 1 + below(50))][below(3)] ?? bytes)] += 1;
    }
    assert.equal(states.complete, 0);
    assert.ok(states.faulty > 2000 && states.incomplete > 20, JSON.stringify(states));
  });

  it('records and chunks of one byte are read up to the limit and no further', () => {
    const message = helloMessage({ extensions: [extension.padding(60_000)] });
    const { progress, pushes, bytes } = readingOf(inRecords(message, 1), 1);
    assert.ok(progress.state === 'faulty');
    assert.equal(progress.fault.reason, 'too-large');
    assert.ok(pushes <= HELLO_LIMITS.helloBytes && bytes <= HELLO_LIMITS.helloBytes);
  });

  it('the length of a message, in its first bytes, is enough to refuse it', () => {
    const message = helloMessage({ extensions: [extension.padding(60_000)] });
    const { progress, bytes } = readingOf(inRecords(message, 50), 1);
    assert.ok(progress.state === 'faulty');
    assert.equal(progress.fault.reason, 'too-large');
    assert.equal(bytes, 5 + 50);
  });

  /** So many elements as fit into the limit, and one more. */
  const most = (room: number, each: number): number => Math.floor((HELLO_LIMITS.helloBytes - room) / each);
  const MANY: Readonly<Record<string, (count: number) => Buffer>> = {
    extensions: (count) =>
      helloMessage({ extensions: Array.from({ length: count }, (_, at) => extension.other(0x4000 + at)) }),
    suites: (count) => helloMessage({ cipherSuites: Array.from({ length: count }, () => 0x1301) }),
    'names of applications': (count) =>
      helloMessage({ extensions: [extension.alpn(...Array.from({ length: count }, () => 'x'))] }),
    'signature algorithms': (count) =>
      helloMessage({
        extensions: [extension.signatureAlgorithms(...Array.from({ length: count }, () => 0x0804))],
      }),
  };
  for (const [what, build] of Object.entries(MANY)) {
    it(`of ${what} no more than the limit has room for`, () => {
      const each = what === 'extensions' ? 4 : 2;
      assert.equal(stateOf(inRecords(build(most(200, each)))), 'complete');
      const { progress, bytes } = readingOf(inRecords(build(most(0, each))), 1);
      assert.ok(progress.state === 'faulty' && progress.fault.reason === 'too-large');
      assert.equal(bytes, 5 + 16_384);
    });
  }

  it('a hello of SSL 2 is one at its longest', () => {
    const suites = Array.from({ length: 6700 }, () => 0x2f);
    assert.equal(stateOf(ssl2Hello(0x0301, suites)), 'complete');
    assert.equal(stateOf(ssl2Hello(0x0301, [...suites, ...suites.slice(0, 200)])), 'faulty');
  });
});
