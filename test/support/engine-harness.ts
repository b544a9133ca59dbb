import assert from 'node:assert/strict';
import { Engine } from '#lib/tls/engine/engine.js';
import type { EngineEffects, EngineParts } from '#lib/tls/engine/effects.js';
import { FOLLOWING, type PhaseName } from '#lib/tls/engine/phase.js';
import type { ContractSession } from './contract-session.js';

export type HarnessOptions = Pick<EngineParts, 'chooses' | 'renegotiates' | 'limits' | 'now'> & {
  /** What the owner does within an effect, after the harness has noted it. */
  readonly within?: Partial<EngineEffects>;
};

/**
 * An engine over a session of the tests, its effects noted in words. It watches what no single test looks at: a chunk
 * is not changed by receive() nor needed afterwards, plaintext stays what it was, phases follow one another as the
 * table says, and nothing comes after the end.
 */
export class EngineHarness<Session extends ContractSession> {
  readonly engine: Engine;
  /** Effects in order: 'write hello', 'plaintext abc', 'secure', 'fail ERR_…'. */
  readonly effects: string[] = [];
  /** The error of the effect fail(). */
  error: Error | null = null;

  readonly #plaintexts: { readonly bytes: Uint8Array; readonly then: string }[] = [];
  #phase: PhaseName = 'idle';

  constructor(
    readonly session: Session,
    { within = {}, ...options }: HarnessOptions = {},
  ) {
    const watch =
      <Arguments extends readonly unknown[]>(
        describe: (...args: Arguments) => string,
        also?: (...args: Arguments) => void,
      ) =>
      (...args: Arguments): void => {
        this.#watchPhase();
        assert.ok(this.error === null, `an effect after fail(): ${describe(...args)}`);
        this.effects.push(describe(...args));
        also?.(...args);
      };
    const fail = watch((error: Error) => `fail ${codeOf(error)}`, within.fail);
    const plaintext = watch((data: Uint8Array) => `plaintext ${text(data)}`, within.plaintext);
    this.engine = new Engine({
      session,
      result: session.result,
      role: session.role,
      ...options,
      effects: {
        write: watch((ciphertext) => `write ${text(ciphertext)}`, within.write),
        plaintext: (data) => {
          this.#plaintexts.push({ bytes: data, then: text(data) });
          plaintext(data);
        },
        choose: watch(
          (issuers) => `choose ${issuers === null ? 'of unknown' : issuers.map(text).join()}`,
          within.choose,
        ),
        secure: watch((_connection) => 'secure', within.secure),
        declined: watch(() => 'declined', within.declined),
        ticket: watch(() => 'ticket', within.ticket),
        renegotiating: watch(() => 'renegotiating', within.renegotiating),
        writable: watch(() => 'writable', within.writable),
        resumed: watch(() => 'resumed', within.resumed),
        end: watch((closeNotify) => (closeNotify ? 'end by close_notify' : 'end without notice'), within.end),
        shutdown: watch(() => 'shutdown', within.shutdown),
        fail: (error) => {
          fail(error);
          this.error = error;
        },
      },
    });
    session.onCall = () => this.#watchPhase();
  }

  start(): void {
    this.engine.start();
    this.#watchPhase();
  }

  /** Gives the engine these bytes as one chunk. */
  feed(...pieces: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(pieces);
    const chunk = Buffer.from(bytes);
    this.engine.receive(chunk);
    assert.deepEqual(chunk, bytes, 'receive() changed the chunk');
    chunk.fill(0xaa);
    this.#watchPhase();
  }

  /** Gives the engine these bytes as one chunk whose memory it may use. */
  give(...pieces: readonly Uint8Array[]): void {
    this.engine.receive(Buffer.concat(pieces), true);
    this.#watchPhase();
  }

  /** Lets the step that runs end, and those that follow from it. */
  completeSteps(): void {
    for (let count = 0; this.session.busy; count += 1) {
      assert.ok(count < MANY_STEPS, 'the engine repeats a step without end');
      this.completeStep();
    }
  }

  completeStep(): void {
    this.session.completeStep();
    this.#watchPhase();
  }

  /** The effects since the last call. */
  takeEffects(): string[] {
    return this.effects.splice(0);
  }

  /** The checks that only the end of a test allows. */
  assertSound(): void {
    this.#watchPhase();
    this.session.assertContract();
    for (const { bytes, then } of this.#plaintexts)
      assert.equal(text(bytes), then, 'plaintext changed later');
  }

  #watchPhase(): void {
    const name = this.engine.phase.name;
    if (name !== this.#phase) {
      assert.ok(FOLLOWING[this.#phase].includes(name), `${this.#phase} was followed by ${name}`);
    }
    this.#phase = name;
  }
}

const MANY_STEPS = 1000;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);
