import assert from 'node:assert/strict';
import { LIMITS } from '#lib/tls/engine/limits.js';
import { Status } from '#lib/tls/engine/status.js';
import type { NativeHandshakeResult, Role } from '#lib/native/binding.js';
import { connectionOf } from '../../../support/connection.js';
import { ContractSession, type Decrypted, type Encrypted } from '../../../support/contract-session.js';
import { EngineHarness } from '../../../support/engine-harness.js';
import { numbersFrom } from '../../../support/mutations.js';
import {
  changeCipherSpec,
  fragmentOf,
  handshakeMessage,
  record,
  splitRecords,
} from '../../../support/records.js';

/**
 * What Windows may do with records of which the last ends within a message; no public text says which it is.
 * `nothing`: it takes none of them. `messages`: those that end with a message. `records`: all, and remembers.
 */
type Takes = 'nothing' | 'messages' | 'records';

const MANY_STEPS = 2000;

/** A peer's flight that is complete when all of its bytes were given, and a count of what was given. */
class FlightSession extends ContractSession {
  steps = 0;
  /** Bytes, those that were given again included. */
  offered = 0;
  #taken = 0;
  readonly #ends: ReadonlySet<number>;
  readonly #length: number;
  readonly #takes: Takes;

  constructor(role: Role, messages: readonly Uint8Array[], takes: Takes) {
    super(role);
    let at = 0;
    this.#ends = new Set(messages.map((message) => (at += message.length)));
    this.#length = at;
    this.#takes = takes;
  }

  protected answerHandshake(portions: readonly Buffer[]): NativeHandshakeResult {
    this.steps += 1;
    assert.ok(this.steps <= MANY_STEPS, 'a step for each record');
    const bytes = Buffer.concat(portions);
    this.offered += bytes.length;
    if (bytes.length === 0) return this.#step(Status.ContinueNeeded, 0);
    let consumed = 0;
    let at = 0;
    let taken = this.#taken;
    for (const one of splitRecords(bytes) ?? []) {
      at += one.length;
      if (one[0] !== 20) taken += fragmentOf(one).length;
      const isTaken = this.#takes === 'records' || (this.#takes === 'messages' && this.#ends.has(taken));
      if (!isTaken && taken < this.#length) continue;
      consumed = at;
      this.#taken = taken;
    }
    if (this.#taken === this.#length) return this.#step(Status.Ok, consumed);
    return this.#step(consumed === 0 ? Status.IncompleteMessage : Status.ContinueNeeded, consumed);
  }

  protected answerShutdown(): never {
    return assert.fail('shutdown()');
  }

  protected answerAlert(): NativeHandshakeResult {
    return this.#step(Status.Ok, 0);
  }

  protected answerEncrypt(): Encrypted {
    return assert.fail('encrypt()');
  }

  protected answerDecrypt(): Decrypted {
    return assert.fail('decrypt()');
  }

  #step(status: number, consumed: number): NativeHandshakeResult {
    const info = status === Status.Ok ? connectionOf('1.2') : null;
    return { status, syscall: '', token: null, consumed, info, issuers: null };
  }
}

type Harness = EngineHarness<FlightSession>;

function meet(role: Role, messages: readonly Uint8Array[], takes: Takes): Harness {
  const harness = new EngineHarness(new FlightSession(role, messages, takes));
  harness.start();
  harness.completeSteps();
  return harness;
}

/** Gives each record by itself, as if each came in a separate packet. */
function feed(harness: Harness, records: Iterable<Buffer>): void {
  for (const one of records) {
    if (harness.error !== null) return;
    harness.feed(one);
    harness.completeSteps();
  }
}

/** One message of a million bytes, a byte a record. */
function* endless(type: number): Iterable<Buffer> {
  const head = handshakeMessage(Buffer.alloc(1_000_000));
  for (const byte of head) yield record(type, [byte]);
}

describe('tls/engine/engine: a handshake in very small records', () => {
  for (const role of ['client', 'server'] as const) {
    const { handshakeBytes, repeatedHandshakeBytes } = LIMITS[role];

    describe(`of a ${role === 'client' ? 'server' : 'client'}`, () => {
      it('costs two steps a message in the clear, and bytes once or twice', () => {
        const messages = [700, 3000, 12].map((length) => handshakeMessage(Buffer.alloc(length)));
        const bytes = Buffer.concat(messages);
        for (const takes of ['nothing', 'messages', 'records'] as const) {
          const harness = meet(role, messages, takes);
          const before = harness.session.steps;
          feed(
            harness,
            Array.from(bytes, (byte) => record(22, [byte])),
          );
          assert.deepEqual(harness.takeEffects(), ['secure'], takes);
          assert.ok(harness.session.steps - before <= 2 * messages.length, takes);
          assert.ok(harness.session.offered <= 2 * messages.length * 6 * bytes.length, takes);
        }
      });

      it('ends where a message in the clear has no end, behind two steps', () => {
        const harness = meet(role, [Buffer.alloc(1_000_004)], 'nothing');
        feed(harness, endless(22));
        assert.equal(harness.takeEffects().at(-1), 'fail ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE');
        assert.ok(harness.session.steps <= 2, `${harness.session.steps} steps`);
        assert.ok(harness.session.offered <= handshakeBytes);
      });

      it('ends where what is sealed has no end, with what was offered bounded', () => {
        const harness = meet(role, [Buffer.alloc(1_000_004)], 'nothing');
        feed(harness, endless(23));
        assert.equal(harness.takeEffects().at(-1), 'fail ERR_SCHANNEL_PEER_FLOOD');
        assert.ok(harness.session.offered <= repeatedHandshakeBytes + handshakeBytes);
        assert.ok(harness.session.steps <= 1200, `${harness.session.steps} steps`);
      });

      it('offers few pieces a step, however many have come', () => {
        const harness = meet(role, [Buffer.alloc(1_000_004)], 'nothing');
        let most = 0;
        const { session } = harness;
        const handshake = session.handshake.bind(session);
        session.handshake = (portions, callback) => {
          most = Math.max(most, portions.length);
          handshake(portions, callback);
        };
        harness.feed(...Array.from({ length: 5000 }, () => record(23, 'x')));
        harness.completeSteps();
        assert.equal(most, 32);
        assert.equal(harness.takeEffects().at(-1), 'fail ERR_SCHANNEL_PEER_FLOOD');
        assert.ok(session.steps <= 40, `${session.steps} steps`);
      });

      it('comes to its end, however messages, records and packets are cut', () => {
        const below = numbersFrom(role === 'client' ? 1 : 2);
        for (let round = 0; round < 300; round += 1) {
          const messages = Array.from({ length: 1 + below(5) }, () =>
            handshakeMessage(Buffer.alloc(below(3) === 0 ? below(4) : below(400))),
          );
          // What is behind the border is sealed: only Windows sees messages there.
          const border = below(messages.length + 1);
          const cut = (type: number, bytes: Buffer, least: number): Buffer[] => {
            const records: Buffer[] = [];
            const most = 1 + below(below(2) === 0 ? 5 : 500);
            for (let at = 0; at < bytes.length;) {
              const length = least + below(most);
              records.push(record(type, bytes.subarray(at, at + length)));
              at += length;
            }
            return records;
          };
          const stream = Buffer.concat([
            ...cut(22, Buffer.concat(messages.slice(0, border)), 1),
            ...(below(2) === 0 ? [changeCipherSpec()] : []),
            // A tag and a content type (RFC 8446 §5.2).
            ...cut(23, Buffer.concat(messages.slice(border)), 17),
          ]);
          for (const takes of ['nothing', 'messages', 'records'] as const) {
            const harness = meet(role, messages, takes);
            const packet = 1 + below(600);
            for (let at = 0; at < stream.length; at += packet) {
              harness.feed(stream.subarray(at, at + packet));
              if (below(3) > 0) harness.completeSteps();
            }
            harness.completeSteps();
            assert.deepEqual(harness.takeEffects(), ['secure'], `round ${round}, Windows takes ${takes}`);
            harness.assertSound();
          }
        }
      });
    });
  }
});
