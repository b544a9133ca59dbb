import assert from 'node:assert/strict';
import { DEFAULT_LIMITS, type Limits } from '#lib/tls/engine/limits.js';
import { PeerBudget } from '#lib/tls/engine/peer-budget.js';

/** A budget with these limits, and a clock that stands still unless a test moves it. */
function budgetOf(limits: Partial<Limits>): { budget: PeerBudget; clock: { now: number } } {
  const clock = { now: 0 };
  return { clock, budget: new PeerBudget({ ...DEFAULT_LIMITS, ...limits }, () => clock.now) };
}

const codeOf = (rejected: ReturnType<PeerBudget['message']>): unknown =>
  rejected && Reflect.get(rejected.error, 'code');

describe('tls/engine/peer-budget', () => {
  it('bounds a handshake, its last byte included', () => {
    const { budget } = budgetOf({ handshakeBytes: 100 });
    assert.equal(budget.handshake(100), null);
    assert.equal(codeOf(budget.handshake(101)), 'ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE');
  });

  it('adds up what Windows reads again, until the handshake is done', () => {
    const { budget } = budgetOf({ repeatedHandshakeBytes: 100 });
    assert.equal(budget.repeat(100), null);
    assert.equal(codeOf(budget.repeat(1)), 'ERR_SCHANNEL_PEER_FLOOD');
    budget.handshakeDone();
    assert.equal(budget.repeat(100), null);
  });

  it('takes messages in a row as the limit says, and more for data or time', () => {
    const { budget, clock } = budgetOf({
      postHandshakeMessages: 1,
      dataPerMessage: 10,
      timePerMessage: 1000,
    });
    assert.equal(budget.message(), null);
    assert.equal(codeOf(budget.message()), 'ERR_SCHANNEL_PEER_FLOOD');
    budget.data(10, 1);
    assert.equal(budget.message(), null);
    clock.now = 1000;
    assert.equal(budget.message(), null);
  });

  it('counts records in a row without data', () => {
    const { budget } = budgetOf({ emptyRecords: 2 });
    assert.equal(budget.data(0, 2), null);
    assert.equal(codeOf(budget.data(0, 1)), 'ERR_SCHANNEL_PEER_FLOOD');
    assert.equal(budget.data(1, 9), null);
    assert.equal(budget.data(0, 2), null);
  });

  it('counts each renegotiation of the peer once, within the window', () => {
    const { budget, clock } = budgetOf({ renegotiations: 1, renegotiationWindow: 1000 });
    assert.equal(budget.renegotiation(), null);
    assert.equal(budget.renegotiation(), null, 'the same one');
    budget.handshakeDone();
    clock.now = 999;
    assert.equal(codeOf(budget.renegotiation()), 'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT');
    budget.handshakeDone();
    clock.now = 2000;
    assert.equal(budget.renegotiation(), null);
  });

  it('counts none of ours', () => {
    const { budget } = budgetOf({ renegotiations: 0 });
    budget.excuseRenegotiation();
    assert.equal(budget.renegotiation(), null);
    budget.handshakeDone();
    assert.equal(codeOf(budget.renegotiation()), 'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT');
  });

  it('refuses the request itself where the limit is none', () => {
    assert.equal(budgetOf({ renegotiations: 1 }).budget.renegotiationRequest(), null);
    const refused = budgetOf({ renegotiations: 0 }).budget.renegotiationRequest();
    assert.equal(codeOf(refused), 'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT');
    assert.match(refused?.error.message ?? '', /not allowed/);
  });
});
