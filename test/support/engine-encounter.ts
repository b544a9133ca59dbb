import assert from 'node:assert/strict';
import type { Engine } from '#lib/tls/engine/engine.js';
import { LIMITS } from '#lib/tls/engine/limits.js';
import type { NativeCredential, Role } from '#lib/native/binding.js';
import type { ContractSession } from './contract-session.js';
import { EngineHarness } from './engine-harness.js';
import { mutated } from './mutations.js';
import { RandomSession } from './random-session.js';
import { changeCipherSpec, record } from './records.js';
import { ToySession, toy } from './toy-session.js';

type Numbers = (below: number) => number;

/** A kind of peer, and the session that listens to it. */
export interface Peer {
  readonly bytes: Buffer;
  readonly session: ContractSession;
}

const SMALL = {
  handshakeBytes: 4096,
  repeatedHandshakeBytes: 16_384,
  pendingInput: 1024,
  postHandshakeMessages: 8,
  emptyRecords: 8,
};

/** Calls, and throws again whatever is no error of ours: all that a caller meets has a code. */
function attempt(call: () => void): void {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    assert.match(String(error.code), /^ERR_SCHANNEL_/, error.stack);
  }
}

/** One connection from its first byte to its last, with an owner who does anything at any time. */
export class Encounter {
  readonly harness: EngineHarness<ContractSession>;
  /** What the owner did that may have cost a step. */
  acts = 0;
  readonly #below: Numbers;
  #verdictWanted = false;
  #choiceWanted = false;

  constructor(session: ContractSession, role: Role, below: Numbers) {
    this.#below = below;
    const inside = (): void => this.#act(20);
    this.harness = new EngineHarness(session, {
      limits: { ...LIMITS[role], ...SMALL, renegotiations: below(3) },
      chooses: below(2) === 0,
      now: () => 0,
      within: {
        write: inside,
        plaintext: inside,
        secure: () => this.#ask('verdict'),
        declined: () => this.#ask('verdict'),
        choose: () => this.#ask('choice'),
        renegotiating: inside,
        writable: inside,
        resumed: inside,
        end: inside,
        shutdown: inside,
      },
    });
  }

  get #engine(): Engine {
    return this.harness.engine;
  }

  run(bytes: Buffer): void {
    attempt(() => this.harness.start());
    // Byte by byte only what is short: the test is to count steps, not to wait.
    const largest =
      bytes.length < 2000 ? this.#pick([1, 3, 40, bytes.length]) : this.#pick([200, bytes.length]);
    for (let at = 0; at < bytes.length;) {
      const next = at + 1 + this.#below(largest);
      const chunk = bytes.subarray(at, next);
      if (this.#below(2) === 0) attempt(() => this.harness.feed(chunk));
      else attempt(() => this.harness.give(chunk));
      this.#act(4);
      at = next;
    }
    attempt(() => this.#engine.transportEnded());
    for (let count = 0; this.#hasMore(); count += 1) {
      assert.ok(count < 10_000, 'the engine repeats a step without end');
      this.#act(1);
    }
    this.harness.assertSound();
  }

  #pick(sizes: readonly number[]): number {
    return sizes[this.#below(sizes.length)] ?? 1;
  }

  #hasMore(): boolean {
    return this.harness.session.busy || this.#verdictWanted || this.#choiceWanted;
  }

  #ask(what: 'verdict' | 'choice'): void {
    if (what === 'verdict') this.#verdictWanted = true;
    else this.#choiceWanted = true;
    this.#act(3);
  }

  /** What the owner, or the worker, does in one case of so many. */
  #act(cases: number): void {
    if (this.#below(cases) !== 0) return;
    const { session } = this.harness;
    if (session.busy && this.#below(4) !== 0) {
      // Within an effect the worker's step cannot end.
      if (cases !== 20) attempt(() => session.completeStep());
      return;
    }
    if (this.#engine.phase.name === 'verifying' && this.#verdictWanted) {
      this.#verdictWanted = false;
      attempt(() =>
        this.#below(8) === 0
          ? this.#engine.reject(42, Object.assign(new Error('no'), { code: 'ERR_NO' }))
          : this.#engine.accept(),
      );
      return;
    }
    if (this.#engine.phase.name === 'choosing' && this.#choiceWanted) {
      this.#choiceWanted = false;
      attempt(() => this.#engine.choose(this.#below(2) === 0 ? null : ({} as NativeCredential)));
      return;
    }
    if (this.#engine.phase.name === 'closed') this.#verdictWanted = this.#choiceWanted = false;
    this.acts += 1;
    switch (this.#below(16)) {
      case 0:
        if (this.#below(4) === 0) this.#engine.close();
        break;
      case 1:
      case 2:
      case 3:
        attempt(() => this.#engine.shutdown());
        break;
      case 4:
      case 5:
        attempt(() => this.#engine.renegotiate(this.#below(2) === 0 ? 7 : null));
        break;
      case 6:
        if (this.#below(4) === 0) attempt(() => this.#engine.transportEnded());
        break;
      case 7:
        attempt(() => this.#engine.accept());
        break;
      case 8:
        attempt(() => this.#engine.choose(null));
        break;
      default:
        attempt(() => this.#engine.encrypt(Buffer.from('data'), 0, 4, Buffer.alloc(100), 0));
    }
  }
}

/** Records of any kind and length, and now and then something that is none. */
function randomStream(below: Numbers): Buffer {
  const pieces: Buffer[] = [];
  for (let count = 1 + below(20); count > 0; count -= 1) {
    const usual = [0, 1, below(60), below(60), below(60), below(600)][below(6)] ?? 0;
    const length = below(60) === 0 ? 16_000 + below(3000) : usual;
    const body = Buffer.from(Array.from({ length: Math.min(length, 600) }, () => below(256)));
    const filled = Buffer.concat([body, Buffer.alloc(length - body.length, below(256))]);
    const whole = record(20 + below(4), filled);
    if (below(40) === 0) whole[below(3)] = below(256);
    pieces.push(below(60) === 0 ? body : whole);
  }
  return Buffer.concat(pieces);
}

/** A conversation that makes sense, and then what accidents make of it. */
function damagedConversation(role: Role, below: Numbers): Buffer {
  const handshake = [
    toy.message('hello'),
    toy.half('certi'),
    toy.message('ficate'),
    changeCipherSpec(),
    toy.finished(role === 'client' ? 'certificate' : '', 23),
  ];
  const kinds = [
    () => toy.data('x'.repeat(below(300))),
    () => toy.data('y'),
    () => toy.ticket('t'.repeat(1 + below(60))),
    () => toy.empty(),
    () => toy.helloRequest(),
    () => toy.message('again'),
    () => toy.finished('certificate'),
  ];
  const data = Array.from({ length: below(20) }, () => kinds[below(kinds.length)]?.() ?? toy.empty());
  const records = [...handshake, ...data, toy.closeNotify(), toy.data('behind')];
  const at = below(records.length);
  const one = records[at] ?? toy.empty();
  if (below(3) === 0) return mutated(Buffer.concat(records), below);
  // One record among sound ones: damaged, gone, twice, or in another's place.
  records.splice(
    at,
    1,
    ...([[mutated(one, below)], [], [one, one], [records[below(records.length)] ?? one]][below(4)] ?? []),
  );
  return Buffer.concat(records);
}

export const HOSTILE_PEERS: Readonly<Record<string, (role: Role, below: Numbers) => Peer>> = {
  'random records, to which Windows may say anything': (role, below) => ({
    bytes: randomStream(below),
    session: new RandomSession(below, role),
  }),
  'conversations with damaged, lost, repeated and exchanged records': (role, below) => ({
    bytes: damagedConversation(role, below),
    session: new ToySession(below(2) === 0 ? '1.2' : '1.3', { role }),
  }),
  'conversations with damaged records, to which Windows may say anything': (role, below) => ({
    bytes: damagedConversation(role, below),
    session: new RandomSession(below, role),
  }),
};
