import assert from 'node:assert/strict';
import { LIMITS } from '#lib/tls/engine/limits.js';
import { Status } from '#lib/tls/engine/status.js';
import type { NativeHandshakeResult, Role } from '#lib/native/binding.js';
import { EngineHarness } from '../../../support/engine-harness.js';
import { ToySession, toy } from '../../../support/toy-session.js';

/** What Windows makes of a HelloRequest, or of a hello, behind the handshake. */
type Answer = 'a handshake' | 'one step that completes it' | 'nothing';

/** Counts what a worker has to do for the peer, the first handshake left out. */
class CountingSession extends ToySession {
  steps = 0;
  readonly #answer: Answer;
  #isOpen = false;

  constructor(version: '1.2' | '1.3', role: Role, answer: Answer) {
    super(version, { role });
    this.#answer = answer;
  }

  protected override answerHandshake(portions: readonly Buffer[]): NativeHandshakeResult {
    if (this.#isOpen) this.steps += 1;
    const isRequest = this.#isOpen && portions.length === 0 && this.#answer !== 'a handshake';
    const step = isRequest ? this.#answerRequest() : super.answerHandshake(portions);
    if (step.status === Status.Ok) this.#isOpen = true;
    return step;
  }

  #answerRequest(): NativeHandshakeResult {
    if (this.#answer === 'one step that completes it')
      return { ...super.answerHandshake([toy.finished('one')]), consumed: 0 };
    return {
      status: Status.NoRenegotiation,
      syscall: '',
      token: null,
      consumed: 0,
      info: null,
      issuers: null,
    };
  }
}

interface Flood {
  readonly version: '1.2' | '1.3';
  readonly role: Role;
  readonly answer?: Answer;
  /** Sent over and over. */
  readonly records: readonly Buffer[];
  readonly count: number;
  /** Steps of a worker, at most. */
  readonly steps: number;
  readonly end: string;
}

const { postHandshakeMessages, dataPerMessage, renegotiations } = LIMITS.client;
const update = toy.ticket('key update');
const again = [toy.helloRequest(), toy.message('server hello'), toy.finished('one')];
const FLOOD = 'ERR_SCHANNEL_PEER_FLOOD';
const LIMIT = 'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT';

const FLOODS: Readonly<Record<string, Flood>> = {
  'key updates of a server': {
    version: '1.3',
    role: 'client',
    records: [update],
    count: 20_000,
    steps: postHandshakeMessages,
    end: FLOOD,
  },
  'key updates of a client': {
    version: '1.3',
    role: 'server',
    records: [update],
    count: 20_000,
    steps: postHandshakeMessages,
    end: FLOOD,
  },
  'key updates with a byte of data between them': {
    version: '1.3',
    role: 'server',
    records: [update, toy.data('x')],
    count: 20_000,
    steps: postHandshakeMessages + 1,
    end: FLOOD,
  },
  'key updates with half the data that they cost': {
    version: '1.3',
    role: 'client',
    records: [update, toy.data('x'.repeat(dataPerMessage / 2))],
    count: 2_000,
    steps: 2 * postHandshakeMessages + 1,
    end: FLOOD,
  },
  'renegotiations of a server, each completed': {
    version: '1.2',
    role: 'client',
    records: again,
    count: 1_000,
    steps: 2 * renegotiations + 1,
    end: LIMIT,
  },
  'renegotiations of a server, with data between them': {
    version: '1.2',
    role: 'client',
    records: [...again, toy.data('x'.repeat(10_000))],
    count: 1_000,
    steps: 2 * renegotiations + 1,
    end: LIMIT,
  },
  'renegotiations of a server that one step completes': {
    version: '1.2',
    role: 'client',
    answer: 'one step that completes it',
    records: [toy.helloRequest()],
    count: 1_000,
    steps: renegotiations + 1,
    end: LIMIT,
  },
  'requests of a server to renegotiate that Windows does not follow': {
    version: '1.2',
    role: 'client',
    answer: 'nothing',
    records: [toy.helloRequest(), toy.data('x')],
    count: 20_000,
    steps: postHandshakeMessages + 1,
    end: FLOOD,
  },
  'renegotiations of a client': {
    version: '1.2',
    role: 'server',
    records: [toy.helloRequest()],
    count: 20_000,
    steps: 0,
    end: LIMIT,
  },
  'records without data': {
    version: '1.3',
    role: 'server',
    records: [toy.empty()],
    count: 20_000,
    steps: 0,
    end: FLOOD,
  },
};

/** What a peer can have us do by records that come after the handshake, counted in steps of a worker. */
describe('tls/engine/engine: floods behind the handshake', () => {
  for (const [name, flood] of Object.entries(FLOODS)) {
    const { version, role, answer = 'a handshake', records, count, steps, end } = flood;
    for (const packets of ['one by one', 'in large packets', 'while our close_notify is out'] as const) {
      // Behind our close_notify nobody renegotiates.
      if (packets === 'while our close_notify is out' && version === '1.2') continue;
      it(`${name}, ${packets}: ${steps} steps at most`, () => {
        const session = new CountingSession(version, role, answer);
        const harness = new EngineHarness(session, {
          now: () => 0,
          within: { secure: () => harness.engine.accept() },
        });
        harness.start();
        harness.completeSteps();
        harness.feed(toy.finished('one', version === '1.3' ? 23 : 22));
        harness.completeSteps();
        if (packets === 'while our close_notify is out') harness.engine.shutdown();
        harness.completeSteps();
        const stream = Buffer.concat(records);
        const size = packets === 'in large packets' ? 50 : 1;
        for (let sent = 0; sent < count && harness.error === null; sent += size) {
          harness.feed(...Array.from({ length: size }, () => stream));
          for (let turn = 0; session.busy; turn += 1) {
            assert.ok(turn < 10_000, 'steps without end');
            harness.completeStep();
          }
        }
        assert.equal(harness.takeEffects().at(-1), `fail ${end}`);
        assert.ok(session.steps <= steps, `${session.steps} steps`);
        harness.assertSound();
      });
    }
  }
});
