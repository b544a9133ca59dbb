import assert from 'node:assert/strict';
import { ClientHelloReader, type HelloProgress } from '#lib/formats/client-hello/hello-reader.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import {
  chromiumHello,
  extension,
  helloMessage,
  inRecords,
  ssl2Hello,
} from '../../../support/hello-builder.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';

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

describe('formats/client-hello/hello-reader: mutations', () => {
  it('throw nothing, and mean the same in any pieces', () => {
    const below = numbersFrom(20_240_601);
    const states = { incomplete: 0, complete: 0, faulty: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const bytes = mutated(SEEDS[below(SEEDS.length)] ?? Buffer.alloc(0), below);
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
