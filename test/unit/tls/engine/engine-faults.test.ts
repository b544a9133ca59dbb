import assert from 'node:assert/strict';
import type { Callback, NativeHandshakeResult } from '#lib/native/binding.js';
import { EngineHarness } from '../../../support/engine-harness.js';
import { toy, ToySession } from '../../../support/toy-session.js';

/** What the add-on throws where there is no memory. */
const lack = (): Error =>
  Object.assign(new Error('out of memory'), { status: 0x8007000e, syscall: 'out of memory' });

/** Finds no memory for one of its calls. */
class FaultySession extends ToySession {
  #left: number;

  constructor(version: '1.2' | '1.3', number: number) {
    super(version);
    this.#left = number;
  }

  /** The call that failed. */
  failed: string | null = null;

  override handshake(portions: readonly Uint8Array[], callback: Callback<NativeHandshakeResult>): void {
    this.#meet('handshake');
    super.handshake(portions, callback);
  }

  override shutdown(callback: Callback<NativeHandshakeResult>): void {
    this.#meet('shutdown');
    super.shutdown(callback);
  }

  override alert(description: number, callback: Callback<NativeHandshakeResult>): void {
    this.#meet('alert');
    super.alert(description, callback);
  }

  override encrypt(...args: Parameters<ToySession['encrypt']>): void {
    this.#meet('encrypt');
    super.encrypt(...args);
  }

  override decrypt(...args: Parameters<ToySession['decrypt']>): Uint8Array | undefined {
    this.#meet('decrypt');
    return super.decrypt(...args);
  }

  #meet(call: string): void {
    this.#left -= 1;
    if (this.#left !== 0) return;
    this.failed = call;
    throw lack();
  }
}

type Step = (play: EngineHarness<FaultySession>) => void;

const CONVERSATION: readonly Step[] = [
  (play) => play.start(),
  (play) => play.feed(toy.message('hello')),
  (play) => play.feed(toy.finished('certificate')),
  (play) => play.engine.accept(),
  (play) => void play.engine.encrypt(Buffer.from('x'), 0, 1, Buffer.alloc(99), 0),
  (play) => play.feed(toy.data('one')),
  (play) => play.give(toy.data('two'), toy.data('three').subarray(0, 3)),
  (play) => play.feed(toy.data('three').subarray(3), toy.data('four')),
  (play) => play.feed(toy.ticket('ticket')),
  (play) => play.engine.shutdown(),
  (play) => play.feed(toy.data('five'), toy.closeNotify()),
];

const REFUSAL: readonly Step[] = [
  ...CONVERSATION.slice(0, 3),
  (play) => play.engine.reject(42, Object.assign(new Error('refused'), { code: 'REFUSED' })),
];

/** Plays until the engine has failed, which is reported once, in an effect or by encrypt(). */
async function playWithFault(steps: readonly Step[], number: number): Promise<EngineHarness<FaultySession>> {
  const play = new EngineHarness(new FaultySession('1.3', number));
  for (const step of steps) {
    try {
      step(play);
    } catch (error) {
      assert.equal(play.session.failed, 'encrypt');
      assert.equal((error as NodeJS.ErrnoException).code, 'ERR_SCHANNEL_SYSTEM_MEMORY');
    }
    await Promise.resolve();
    play.completeSteps();
    if (play.engine.phase.name === 'closed') break;
  }
  play.assertSound();
  return play;
}

/** The calls that failed, in order, and what happened to the connection. */
async function outcomes(steps: readonly Step[]): Promise<string[]> {
  const all: string[] = [];
  for (let number = 1; ; number += 1) {
    const { session, engine, effects } = await playWithFault(steps, number);
    if (session.failed === null) return all;
    const failures = effects.filter((effect) => effect.startsWith('fail '));
    assert.ok(failures.length <= 1, failures.join());
    assert.equal(session.closed, engine.phase.name === 'closed');
    all.push(`${session.failed}: ${failures[0] ?? engine.phase.name}`);
  }
}

describe('tls/engine/engine: faults', () => {
  const lost = 'fail ERR_SCHANNEL_SYSTEM_MEMORY';

  it('each call that finds no memory ends the connection with an error', async () => {
    assert.deepEqual(await outcomes(CONVERSATION), [
      `handshake: ${lost}`,
      `handshake: ${lost}`,
      `handshake: ${lost}`,
      'encrypt: closed',
      `decrypt: ${lost}`,
      `decrypt: ${lost}`,
      `decrypt: ${lost}`,
      `decrypt: ${lost}`,
      `handshake: ${lost}`,
      `shutdown: ${lost}`,
      `decrypt: ${lost}`,
    ]);
  });

  it('gives nothing to a context that has begun its close_notify without memory for it', () => {
    let steps = 0;
    class Forgetful extends ToySession {
      override handshake(...args: Parameters<ToySession['handshake']>): void {
        steps += 1;
        super.handshake(...args);
      }
      override shutdown(callback: Callback<NativeHandshakeResult>): void {
        const [status, syscall] = [0x80090300, 'InitializeSecurityContextW'];
        callback({ status, syscall, token: null, consumed: 0, issuers: null, info: null });
      }
    }
    const play = new EngineHarness(new Forgetful('1.3'));
    for (const step of CONVERSATION.slice(0, 4)) {
      step(play as unknown as EngineHarness<FaultySession>);
      play.completeSteps();
    }
    const before = steps;
    play.engine.shutdown();
    play.feed(toy.ticket('ticket'));
    play.completeSteps();
    assert.deepEqual(play.effects.at(-1), lost);
    assert.equal(steps, before);
    assert.ok(play.session.closed);
  });

  it('an alert that finds no memory does not hide why there is no connection', async () => {
    assert.deepEqual((await outcomes(REFUSAL)).at(-1), 'alert: fail REFUSED');
  });

  it('a call that breaks a rule is no lack of memory', () => {
    const session = new FaultySession('1.3', 0);
    session.close();
    const play = new EngineHarness(session);
    assert.throws(() => play.start(), /after close\(\)/);
  });
});
