import assert from 'node:assert/strict';
import { ClientHelloReader, type HelloProgress } from '#lib/client-hello/hello-reader.js';
import { SchannelError } from '#lib/errors/schannel-error.js';
import { chromiumHello, extension, helloMessage, inRecords, ssl2Hello } from '../../support/hello-builder.js';

/** A generator of the same numbers in each run (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const SEEDS: readonly Buffer[] = [
  inRecords(chromiumHello('fuzz.example')),
  inRecords(chromiumHello('fuzz.example'), 300),
  inRecords(
    helloMessage({
      extensions: [
        extension.serverName('short.example'),
        extension.alpn('h2'),
        extension.supportedVersions(0x0304),
        extension.signatureAlgorithms(0x0804),
        extension.postHandshakeAuth(),
      ],
    }),
    7,
  ),
  ssl2Hello(0x0301, [0x2f, 0x35]),
];

type Mutation = (bytes: Buffer, below: (limit: number) => number) => Buffer;

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];

const MUTATIONS: readonly Mutation[] = [
  (bytes, below) => {
    const copy = Buffer.from(bytes);
    const at = below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    return copy;
  },
  (bytes, below) => {
    const copy = Buffer.from(bytes);
    copy[below(copy.length)] = INTERESTING[below(INTERESTING.length)] ?? 0;
    return copy;
  },
  (bytes, below) => bytes.subarray(0, 1 + below(bytes.length)),
  (bytes, below) => {
    const at = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))]);
  },
  (bytes, below) => {
    const [at, from] = [below(bytes.length), below(bytes.length)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + below(40)), bytes.subarray(at)]);
  },
];

const ROUNDS = 20_000;

/** All but `length`, which is where the chunk of a fault ended. */
function verdict(progress: HelloProgress): unknown {
  if (progress.state !== 'faulty') return progress;
  assert.ok(progress.fault.error instanceof SchannelError);
  return { state: progress.state, reason: progress.fault.reason, message: progress.fault.error.message };
}

function inPieces(bytes: Buffer, below: (limit: number) => number): HelloProgress {
  const reader = new ClientHelloReader();
  for (let at = 0; at < bytes.length && reader.progress.state === 'incomplete';) {
    const length = 1 + below(60);
    reader.push(bytes.subarray(at, at + length));
    at += length;
  }
  return reader.progress;
}

describe('client-hello: mutations', () => {
  it('throw nothing, and mean the same in any pieces', function () {
    this.timeout(60_000);
    const below = numbersFrom(20_240_601);
    const states = { incomplete: 0, complete: 0, faulty: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      let bytes = SEEDS[below(SEEDS.length)] ?? Buffer.alloc(0);
      for (let count = 1 + below(3); count > 0 && bytes.length > 0; count -= 1) {
        bytes = MUTATIONS[below(MUTATIONS.length)]?.(bytes, below) ?? bytes;
      }
      if (bytes.length === 0) continue;
      const whole = new ClientHelloReader().push(bytes);
      states[whole.state] += 1;
      assert.deepEqual(verdict(inPieces(bytes, below)), verdict(whole), bytes.toString('hex'));
      if (whole.state === 'complete') {
        assert.ok(whole.length <= bytes.length);
        assert.match(whole.hello.servername ?? 'none', /^[a-z0-9_.-]+$/);
      }
    }
    // Each end is reached often: the mutations are neither too tame nor too wild.
    for (const [state, count] of Object.entries(states)) assert.ok(count > ROUNDS / 20, `${state}: ${count}`);
  });
});
