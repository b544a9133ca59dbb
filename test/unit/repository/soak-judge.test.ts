import assert from 'node:assert/strict';
import { OWN_ERROR, type EndReport } from '../../soak/end.js';
import { isNeverServed, judgeBoth, judgeEnd, wordOf } from '../../soak/judge.js';
import type { Plan, Role } from '../../soak/plan.js';

/** An exchange over TCP: the client sends 100 bytes, and the server 200. */
const planWith = (options: Partial<Plan> = {}): Plan => ({
  ...{ number: 1, client: 'ours', server: 'ours', isFar: false, transport: 'tcp', version: 'TLSv1.3' },
  ...{ action: 'exchange', actor: 'client', moment: 'secure', first: 'client', late: 0 },
  manner: {
    client: { size: 100, reading: 'flow', writing: 'pieces' },
    server: { size: 200, reading: 'flow', writing: 'pieces' },
  },
  ...{ isGiven: false, isEager: false, isHalfOpen: true, highWaterMark: null },
  ...options,
});

/** An end that came to its end as an exchange has it. */
const reportOf = (role: Role, options: Partial<EndReport> = {}): EndReport => ({
  ...{ number: 1, role, wrongByte: null, isChangedLater: false, hasEnded: true, truncated: false },
  ...(role === 'client' ? { sent: 100, got: 200 } : { sent: 200, got: 100 }),
  sentHash: role === 'client' ? 'of 100' : 'of 200',
  gotHash: role === 'client' ? 'of 200' : 'of 100',
  ...{ protocol: 'TLSv1.3', errors: [], closes: 1 },
  ...options,
});

/** An end after so many bytes, without an error. */
const shortOf = (role: Role, options: Partial<EndReport> = {}): EndReport =>
  reportOf(role, { got: 10, truncated: true, ...options });

const failedWith = (role: Role, code: string, options: Partial<EndReport> = {}): EndReport =>
  reportOf(role, { errors: [code], hasEnded: false, truncated: null, ...options });

describe("the soak's judge", () => {
  it('has a word for each end', () => {
    const plan = planWith();
    assert.equal(wordOf(reportOf('client'), plan), 'whole');
    assert.equal(wordOf(reportOf('client', { got: 199 }), plan), 'short');
    assert.equal(wordOf(reportOf('server', { hasEnded: false }), plan), 'closed');
    assert.equal(wordOf(failedWith('server', 'EPIPE', { hasEnded: true }), plan), 'EPIPE');
  });

  it('finds nothing wrong with both ends of an exchange', () => {
    for (const role of ['client', 'server'] as const)
      assert.deepEqual(judgeEnd(reportOf(role), planWith()), []);
    assert.deepEqual(judgeBoth(reportOf('client'), reportOf('server')), []);
  });

  const faulty: readonly (readonly [what: string, options: Partial<EndReport>, fault: RegExp])[] = [
    ['a wrong byte', { wrongByte: 7 }, /^the client got a wrong byte at 7$/],
    ['the first byte wrong', { wrongByte: 0 }, /^the client got a wrong byte at 0$/],
    ['bytes that change later', { isChangedLater: true }, /changed later/],
    ['more bytes than were sent', { got: 201 }, /got 201 bytes, more than were sent/],
    ["no event 'close'", { closes: 0 }, /closed 0 times/],
    ["two events 'close'", { closes: 2 }, /closed 2 times/],
    ['another version', { protocol: 'TLSv1.2' }, /speaks TLSv1\.2/],
    ['a truncation', { truncated: true }, /says that it was cut short/],
    ['an end that does not know of its truncation', { truncated: null }, /says that it was cut short/],
    ['a reset', { errors: ['ECONNRESET'] }, /ended with ECONNRESET after 200 bytes/],
    ['no end', { hasEnded: false }, /ended with closed after 200 bytes/],
  ];
  for (const [what, options, fault] of faulty) {
    it(`finds in an exchange: ${what}`, () => {
      assert.match(judgeEnd(reportOf('client', options), planWith()).join('; '), fault);
    });
  }

  it('finds a second error, also where the first one is allowed', () => {
    const plan = planWith({ action: 'fail' });
    const report = failedWith('client', OWN_ERROR, { errors: [OWN_ERROR, 'EPIPE'] });
    assert.deepEqual(judgeEnd(report, plan), [`the client had several errors: ${OWN_ERROR}, EPIPE`]);
  });

  it('does not ask an end that never was secure for its version', () => {
    const plan = planWith({ action: 'abort' });
    assert.deepEqual(judgeEnd(failedWith('client', 'ABORT_ERR', { protocol: null, got: 0 }), plan), []);
  });

  it('tells who acts from who is left alone', () => {
    for (const [action, code] of [
      ['fail', OWN_ERROR],
      ['abort', 'ABORT_ERR'],
      ['untrusted', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ] as const) {
      const plan = planWith({ action });
      assert.deepEqual(judgeEnd(failedWith('client', code), plan), []);
      assert.equal(judgeEnd(failedWith('server', code), plan).length, 1, action);
    }
    for (const action of ['destroy', 'reset'] as const) {
      const plan = planWith({ action });
      assert.deepEqual(judgeEnd(reportOf('client', { hasEnded: false }), plan), []);
      assert.match(judgeEnd(failedWith('client', 'ECONNRESET'), plan).join(), /ended with ECONNRESET/);
      assert.deepEqual(judgeEnd(failedWith('server', 'ECONNRESET'), plan), []);
    }
  });

  it('has an end that is left alone know that it was cut short', () => {
    const plan = planWith({ action: 'destroy', actor: 'server' });
    assert.deepEqual(judgeEnd(shortOf('client'), plan), []);
    for (const truncated of [false, null])
      assert.deepEqual(judgeEnd(shortOf('client', { truncated }), plan), [
        'the client does not know that it was cut short',
      ]);
    assert.deepEqual(judgeEnd(shortOf('client', { truncated: 'unknown' }), plan), []);
  });

  it('takes an end over a named pipe without a close_notify', () => {
    const report = reportOf('client', { truncated: true });
    assert.deepEqual(judgeEnd(report, planWith({ transport: 'pipe' })), []);
    assert.equal(judgeEnd(report, planWith({ transport: 'tls' })).length, 1);
  });

  it('lets node:tls reset TLS in TLS behind the last byte', () => {
    const byNode = planWith({ transport: 'tls', server: 'node' });
    const report = failedWith('client', 'ECONNRESET');
    assert.deepEqual(judgeEnd(report, byNode), []);
    assert.deepEqual(judgeEnd({ ...report, truncated: 'unknown' }, planWith({ transport: 'tls' })), []);
    assert.match(judgeEnd({ ...report, got: 199 }, byNode).join(), /ECONNRESET after 199/);
    assert.match(judgeEnd(report, planWith({ transport: 'tls' })).join(), /ECONNRESET/);
    assert.match(judgeEnd(report, planWith({ server: 'node' })).join(), /ECONNRESET/);
    assert.match(judgeEnd(failedWith('client', 'EPIPE'), byNode).join(), /EPIPE/);
  });

  it('lets node:tls cancel a write over a stream when its peer leaves', () => {
    const plan = planWith({ action: 'destroy', actor: 'server', client: 'node', transport: 'memory' });
    const report = failedWith('client', 'ECANCELED', { truncated: 'unknown' });
    assert.deepEqual(judgeEnd(report, plan), []);
    assert.match(judgeEnd({ ...report, truncated: null }, plan).join(), /ECANCELED/);
    assert.match(judgeEnd(report, { ...plan, transport: 'tcp' }).join(), /ECANCELED/);
    assert.match(judgeEnd(report, { ...plan, actor: 'client' }).join(), /ECANCELED/);
    assert.match(judgeEnd(report, { ...plan, action: 'exchange' }).join(), /ECANCELED/);
  });

  it('knows a client whose pipe no server took', () => {
    const plan = planWith({ transport: 'pipe' });
    const report = failedWith('client', 'ETIMEDOUT', { protocol: null, got: 0 });
    assert.equal(isNeverServed(report, plan), true);
    for (const options of [{ protocol: 'TLSv1.3' }, { got: 1 }, { errors: ['ECONNRESET'] }, { errors: [] }])
      assert.equal(isNeverServed({ ...report, ...options }, plan), false);
    assert.equal(isNeverServed({ ...report, role: 'server' }, plan), false);
    assert.equal(isNeverServed(report, planWith()), false);
    assert.match(judgeEnd(report, planWith()).join(), /ended with ETIMEDOUT/);
  });

  it('compares what was sent with what came, in each direction', () => {
    const [client, server] = [reportOf('client'), reportOf('server')];
    assert.deepEqual(judgeBoth(client, { ...server, got: 99 }), [
      'the server got 99 bytes of 100, or others',
    ]);
    assert.deepEqual(judgeBoth({ ...client, gotHash: 'other' }, server), [
      'the client got 200 bytes of 200, or others',
    ]);
    assert.equal(judgeBoth({ ...client, sent: 1 }, { ...server, sent: 2 }).length, 2);
  });
});
