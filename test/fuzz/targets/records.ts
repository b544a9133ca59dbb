import assert from 'node:assert/strict';
import { LIMITS } from '#lib/tls/engine/limits.js';
import type { Role } from '#lib/native/binding.js';
import { Encounter } from '../../support/engine-encounter.js';
import { EngineHarness } from '../../support/engine-harness.js';
import { RandomSession } from '../../support/random-session.js';
import { changeCipherSpec } from '../../support/records.js';
import { ToySession, toyOf } from '../../support/toy-session.js';
import { choicesOf } from '../choices.js';
import { waysToCut } from '../pieces.js';

export const what = 'records, by the engine of a connection';
export const longest = 2048;

/** The first bytes choose: role, version, session. As many again are what Windows and the owner do. */
const HEAD = 4;

export function seeds(): readonly Uint8Array[] {
  const conversations = [5, 13].map((header) => {
    const toy = toyOf(header);
    return Buffer.concat([
      ...[toy.message('hello'), toy.half('certi'), toy.message('ficate'), changeCipherSpec()],
      ...[
        toy.finished('certificate', 23),
        toy.data('data'),
        toy.ticket('t'),
        toy.empty(),
        toy.helloRequest(),
      ],
      ...[toy.message('again'), toy.finished('certificate'), toy.data('more'), toy.closeNotify()],
    ]);
  });
  return [0, 1, 2, 3, 4, 5, 6, 7].flatMap((choice) =>
    conversations.map((bytes) => Buffer.concat([Buffer.of(choice, 0x55, 0xaa, 0x33), bytes])),
  );
}

/**
 * Whatever a peer sends, Windows says and the owner does, in whatever order: the engine keeps to the contract with
 * Windows, and ends with a code if it fails. With a peer that speaks the toy cipher its outcome is the same however its
 * bytes are cut.
 */
export function fuzz(data: Buffer): void {
  const [choice = 0] = data;
  const role: Role = (choice & 1) === 0 ? 'client' : 'server';
  const version = (choice & 2) === 0 ? '1.3' : '1.2';
  const bytes = data.subarray(HEAD);
  if ((choice & 4) === 0) {
    const [whole, ...others] = waysToCut(bytes).map((pieces) => played(pieces, role, version));
    for (const other of others) assert.deepEqual(other, whole);
    return;
  }
  const half = bytes.length >> 1;
  const choices = choicesOf(Buffer.concat([data.subarray(1, HEAD), bytes.subarray(half)]));
  const session = (choice & 8) === 0 ? new RandomSession(choices, role) : new ToySession(version, { role });
  const encounter = new Encounter(session, role, choices);
  encounter.run(bytes.subarray(0, half));
  const { error } = encounter.harness;
  assert.ok(error === null || 'code' in error);
}

/** A flood is told by how much comes at a time. */
const NO_FLOODS = {
  repeatedHandshakeBytes: Infinity,
  postHandshakeMessages: Infinity,
  emptyRecords: Infinity,
  renegotiations: Infinity,
};

/** What an owner who accepts each peer at once has received, and the end. */
function played(pieces: readonly Buffer[], role: Role, version: '1.2' | '1.3'): readonly string[] {
  const session = new ToySession(version, { role });
  const limits = { ...LIMITS[role], ...NO_FLOODS };
  const harness = new EngineHarness<ToySession>(session, { now: () => 0, limits });
  const settle = (): void => {
    for (let count = 0; ; count += 1) {
      assert.ok(count < 10_000, 'the engine repeats a step without end');
      harness.completeSteps();
      if (harness.engine.phase.name !== 'verifying') return;
      harness.engine.accept();
    }
  };
  harness.start();
  settle();
  for (const piece of pieces) {
    harness.feed(piece);
    settle();
  }
  harness.engine.transportEnded();
  settle();
  harness.assertSound();
  const { effects } = harness;
  const plaintext = effects.filter((effect) => effect.startsWith(PLAINTEXT));
  return [
    plaintext.map((effect) => effect.slice(PLAINTEXT.length)).join(''),
    // Of two faults the one that is seen first is told, and that depends on what comes together.
    /^(end .*|fail|$)/.exec(effects.find((effect) => /^(end|fail) /.test(effect)) ?? '')?.[0] ?? '',
  ];
}

const PLAINTEXT = 'plaintext ';
