import assert from 'node:assert/strict';
import {
  clockVerdict,
  DAY_MS,
  isPressing,
  isTimeForAnother,
  LONGEST_SLEEP_MS,
  momentByLifetime,
  renewalMoment,
  retryMoment,
  sleepUntil,
  windowOf,
} from '#lib/apps/acme/manager/schedule.js';

const HOUR_MS = DAY_MS / 24;
const NOW = Date.UTC(2027, 0, 1, 10, 30);
const days = (count: number): number => count * DAY_MS;
const info = (start: number, end: number): Parameters<typeof windowOf>[0] => ({
  start: new Date(start),
  end: new Date(end),
  explanation: null,
  retryAfter: new Date(NOW),
});
const never = (): number => assert.fail('nothing should be chosen');

describe('apps/acme/manager/schedule', () => {
  for (const { lifetime, left, title } of [
    { title: 'a third of 90 days', lifetime: 90, left: 30 },
    { title: 'a third of 45 days', lifetime: 45, left: 15 },
    { title: 'a third of exactly ten days', lifetime: 10, left: 10 / 3 },
    { title: 'half of six and two thirds of a day', lifetime: 160 / 24, left: 80 / 24 },
  ]) {
    it(`renews when ${title} is left, and up to 5 % of the lifetime earlier`, () => {
      const validity = { from: NOW, to: NOW + days(lifetime) };
      const latest = momentByLifetime(validity, () => 0);
      const earliest = momentByLifetime(validity, () => 0.999_999);
      const expected = validity.to - days(left);
      assert.ok(Math.abs(latest - expected) <= HOUR_MS, new Date(latest).toISOString());
      assert.ok(Math.abs(earliest - (expected - days(lifetime * 0.05))) <= HOUR_MS);
    });
  }

  it('does not come at a full hour', () => {
    const full = Date.UTC(2027, 3, 1, 12);
    for (const random of [0, 0.25, 0.5, 0.75, 0.999]) {
      for (const offset of [-299_000, 0, 1, 299_000]) {
        const validity = { from: full + offset - days(60), to: full + offset + days(30) };
        const past = momentByLifetime(validity, () => random) % HOUR_MS;
        assert.ok(past >= 300_000 && past <= HOUR_MS - 300_000, String(past));
      }
    }
  });

  it('stays within the life of a certificate of an hour', () => {
    const validity = { from: NOW, to: NOW + HOUR_MS };
    for (const random of [0, 0.5, 0.999]) {
      const moment = momentByLifetime(validity, () => random);
      assert.ok(moment > validity.from && moment < validity.to);
    }
  });

  it('chooses one moment in a window, and keeps it while the window is the same', () => {
    const first = windowOf(info(NOW, NOW + 1000), null, () => 0.25);
    assert.equal(first.moment, NOW + 250);
    assert.equal(windowOf(info(NOW, NOW + 1000), first, never).moment, NOW + 250);
    assert.equal(windowOf(info(NOW, NOW + 2000), first, () => 0.5).moment, NOW + 1000);
    assert.equal(windowOf(info(NOW - 1000, NOW + 1000), first, () => 0.5).moment, NOW);
  });

  it('goes by the window of the server, unless that is after the end', () => {
    const validity = { from: NOW, to: NOW + days(90) };
    const window = (moment: number): ReturnType<typeof windowOf> =>
      windowOf(info(moment, moment + 1), null, () => 0);
    assert.deepEqual(renewalMoment(validity, window(NOW + days(80)), NOW + days(60)), {
      moment: NOW + days(80),
      reason: 'suggested',
    });
    assert.equal(renewalMoment(validity, window(NOW - days(1)), NOW + days(60)).moment, NOW - days(1));
    for (const useless of [null, window(NOW + days(90)), window(NOW + days(9000))]) {
      assert.deepEqual(renewalMoment(validity, useless, 7), { moment: 7, reason: 'lifetime' });
    }
  });

  it('tries again after 1, 10 and 100 minutes, then daily', () => {
    const wait = (failures: number): number =>
      (retryMoment(failures, NOW, { lifetime: days(90), notBefore: null }, () => 0) - NOW) / 60_000;
    assert.deepEqual([1, 2, 3, 4, 5, 100].map(wait), [1, 10, 100, 1440, 1440, 1440]);
  });

  it('tries every six hours for a certificate of days', () => {
    const at = retryMoment(4, NOW, { lifetime: 160 * HOUR_MS, notBefore: null }, () => 0);
    assert.equal(at, NOW + 6 * HOUR_MS);
  });

  it('is up to a tenth later, so that not all machines come at once', () => {
    assert.equal(
      retryMoment(1, NOW, { lifetime: null, notBefore: null }, () => 0.5),
      NOW + 63_000,
    );
  });

  it('does not come before the time that the server has given', () => {
    const limits = { lifetime: null, notBefore: NOW + days(2) };
    assert.equal(
      retryMoment(1, NOW, limits, () => 0),
      NOW + days(2),
    );
    assert.equal(
      retryMoment(1, NOW, { lifetime: null, notBefore: NOW - 1 }, () => 0),
      NOW + 60_000,
    );
  });

  it('finds it pressing when a sixth is left', () => {
    const validity = { from: NOW, to: NOW + days(60) };
    assert.equal(isPressing(validity, NOW + days(50) - 1), false);
    assert.equal(isPressing(validity, NOW + days(50)), true);
    assert.equal(isPressing(validity, NOW + days(61)), true);
  });

  it('asks another authority in the last third of what was left', () => {
    const validity = { from: NOW, to: NOW + days(90) };
    assert.equal(isTimeForAnother(validity, NOW + days(60), NOW + days(80) - 1), false);
    assert.equal(isTimeForAnother(validity, NOW + days(60), NOW + days(80)), true);
  });

  it('sleeps until the next moment, at least a second and at most an hour', () => {
    assert.equal(sleepUntil([NOW + 5000, NOW + 9000], NOW), 5000);
    assert.equal(sleepUntil([-Infinity], NOW), 1000);
    for (const far of [[], [Infinity], [NOW + days(1000)]])
      assert.equal(sleepUntil(far, NOW), LONGEST_SLEEP_MS);
  });

  it('finds a clock off by five minutes, and wrong by an hour', () => {
    const verdicts = [0, 300_000, 300_001, HOUR_MS, HOUR_MS + 1].map((skew) => [
      clockVerdict(skew),
      clockVerdict(-skew),
    ]);
    assert.deepEqual(verdicts, [
      ['right', 'right'],
      ['right', 'right'],
      ['off', 'off'],
      ['off', 'off'],
      ['wrong', 'wrong'],
    ]);
  });
});
