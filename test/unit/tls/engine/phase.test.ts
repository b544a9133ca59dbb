import assert from 'node:assert/strict';
import type { Engine } from '#lib/tls/engine/engine.js';
import { FOLLOWING, PERMITTED, isBusy, type EngineEvent, type PhaseName } from '#lib/tls/engine/phase.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { EngineHarness } from '../../../support/engine-harness.js';
import { open, verifying, type Play } from '../../../support/engine-play.js';
import { dataRecord, handshakeRecord } from '../../../support/records.js';
import { ScriptedSession, expects, type Call } from '../../../support/scripted-session.js';

const ticket = dataRecord('ticket');

const renegotiating = (...next: Call[]): Play => {
  const play = open([
    expects.decrypt(ticket, { status: Status.Renegotiate }),
    expects.handshake([], { status: Status.ContinueNeeded }),
    ...next,
  ]);
  play.feed(ticket);
  return play;
};

const idle = (...script: Call[]): Play => new EngineHarness(new ScriptedSession(script));

/** How to get an engine into each phase, with what the events of a test may ask of Windows then. */
const REACH: Readonly<Record<PhaseName, () => Play>> = {
  idle: () => idle(expects.handshake([])),
  handshaking: () => {
    const play = idle(expects.handshake([], { status: Status.ContinueNeeded }));
    play.engine.start();
    return play;
  },
  choosing: () => {
    const request = handshakeRecord('request');
    const play: Play = new EngineHarness(
      new ScriptedSession([
        expects.handshake([], { status: Status.ContinueNeeded }),
        expects.handshake([request], { status: Status.IncompleteCredentials, took: 0 }),
        expects.handshake([request]),
      ]),
      { chooses: true },
    );
    play.start();
    play.completeStep();
    play.feed(request);
    play.completeStep();
    return play;
  },
  verifying: () => verifying(),
  open: () => open([], {}, connectionOf('1.2')),
  renegotiating: () => renegotiating(),
  closing: () => {
    const play = open([expects.shutdown()]);
    play.engine.shutdown();
    return play;
  },
  failing: () => {
    const play = verifying([expects.alert(42)]);
    play.engine.reject(42, new Error('no'));
    return play;
  },
  closed: () => {
    const play = open();
    play.engine.close();
    return play;
  },
};

/** What each event is; 'step' is no call of the owner's but the end of a worker's step. */
const ACT: Readonly<Record<Exclude<EngineEvent, 'step'>, (engine: Engine) => void>> = {
  start: (engine) => engine.start(),
  receive: (engine) => engine.receive(dataRecord('x').subarray(0, 3)),
  choice: (engine) => engine.choose(null),
  verdict: (engine) => engine.accept(),
  encrypt: (engine) => {
    engine.encrypt(Buffer.from('x'), 0, 1, Buffer.alloc(100), 0);
  },
  renegotiate: (engine) => engine.renegotiate(),
  shutdown: (engine) => engine.shutdown(),
  'transport-end': (engine) => engine.transportEnded(),
};

const EVENTS = Object.keys(ACT) as (keyof typeof ACT)[];
const PHASES = Object.keys(REACH) as PhaseName[];

describe('tls/engine/phase', () => {
  for (const phase of PHASES) {
    for (const event of EVENTS) {
      const permitted = PERMITTED[phase].includes(event);
      it(`${phase}: ${event} is ${permitted ? 'taken' : 'refused'}`, () => {
        const play = REACH[phase]();
        assert.equal(play.engine.phase.name, phase);
        if (event === 'encrypt' && permitted) play.session.then(expects.encrypt('x', { ciphertext: '<x>' }));
        if (event === 'renegotiate' && permitted) play.session.then(expects.handshake([]));
        if (event === 'shutdown' && permitted) play.session.then(expects.shutdown());
        const act = (): void => ACT[event](play.engine);
        if (permitted) {
          act();
          return;
        }
        assert.throws(act, {
          code: 'ERR_SCHANNEL_USAGE_PHASE',
          message: `'${event}' is not possible while the connection is ${phase}`,
        });
        assert.equal(play.engine.phase.name, phase, 'a refusal changes nothing');
      });
    }

    it(`${phase}: reject() is ${PERMITTED[phase].includes('verdict') ? 'taken' : 'refused'}`, () => {
      const play = REACH[phase]();
      const reject = (): void => play.engine.reject(42, new Error('no'));
      if (PERMITTED[phase].includes('verdict')) {
        play.session.then(expects.alert(42));
        reject();
      } else assert.throws(reject, { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    });
  }

  it('permits the end of a step wherever one may run, and after close()', () => {
    for (const phase of PHASES) {
      const { session } = REACH[phase]();
      assert.equal(PERMITTED[phase].includes('step'), session.busy || phase === 'closed', phase);
    }
  });

  it('knows when a worker has the context', () => {
    for (const phase of PHASES) {
      const play = REACH[phase]();
      assert.equal(isBusy(play.engine.phase), play.session.busy, phase);
    }
    const play = renegotiating();
    play.completeStep();
    assert.equal(play.engine.phase.name, 'renegotiating');
    assert.equal(isBusy(play.engine.phase), false);
  });

  it('lets every phase end, and lead somewhere but the last', () => {
    for (const phase of PHASES) {
      assert.equal(FOLLOWING[phase].includes('closed'), phase !== 'closed', phase);
      assert.ok(!FOLLOWING[phase].includes(phase), `${phase} does not follow itself`);
    }
  });

  it('reaches every phase', () => {
    const reachable = new Set<PhaseName>(['idle']);
    for (const phase of reachable) for (const next of FOLLOWING[phase]) reachable.add(next);
    assert.deepEqual([...reachable].sort(), [...PHASES].sort());
  });
});
