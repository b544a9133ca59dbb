import assert from 'node:assert/strict';
import { expiring } from '#lib/windows/store/expiring.js';
import { DAY, FakeStore, NOW } from '../../../support/expiring-store.js';

describe('windows/store/expiring', () => {
  const at = new Date(NOW);

  it('lists what expires within a time, soonest first, expired ones before', async () => {
    const store = new FakeStore({ late: 31, soon: 30, sooner: 1, dead: -5 });
    const found = await expiring(store, { within: '30d', at });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['dead', 'sooner', 'soon'],
    );
    assert.equal(store.open, 3, 'only those that were given stay open');
  });

  it('reads several stores, and ignores what the filter refuses', async () => {
    const stores = [new FakeStore({ a: 2, b: 3 }), new FakeStore({ c: 1 })];
    const found = await expiring(stores, { within: 2 * DAY, at, where: ({ name }) => name !== 'a' });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['c'],
    );
  });

  it('counts from now', async () => {
    const found = await expiring(new FakeStore({ far: 100_000, past: -100_000 }), { within: '2w' });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['past'],
    );
  });

  for (const within of ['', '30', '1y', '-1d', -1, Number.NaN, Infinity, '1.5d'] as (string | number)[]) {
    it(`refuses ${JSON.stringify(within)} as a time`, async () => {
      await assert.rejects(expiring(new FakeStore({}), { within }), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
