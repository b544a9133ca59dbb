import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { OrderJournal, type OrderRecord } from '#lib/apps/acme/order/journal.js';

const ORDER: OrderRecord = {
  account: 'https://acme.test/account/1',
  names: [
    { type: 'dns', value: '*.bar.example' },
    { type: 'ip', value: '192.0.2.1' },
  ],
  profile: 'shortlived',
  url: 'https://acme.test/order/1',
  key: { name: 'key', provider: null, machine: true },
  finalized: true,
  refused: true,
};
const SHOWN = { solver: 'dns-01', name: '*.bar.example', plan: { records: [{ id: 1 }], zone: null } };

describe('apps/acme/order/journal', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-journal-'));
    file = path.join(folder, 'order.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads what it has written', async () => {
    const journal = await OrderJournal.open(file);
    assert.deepEqual(journal.record, { order: null, shown: [], keys: [] });
    const record = { order: ORDER, shown: [SHOWN], keys: [{ name: 'old' }] };
    await journal.change(record);
    assert.deepEqual((await OrderJournal.open(file)).record, record);
    await journal.changeOrder({ url: null });
    assert.deepEqual((await OrderJournal.open(file)).record.order, { ...ORDER, url: null });
  });

  it('is no file if there is nothing to know', async () => {
    const journal = await OrderJournal.open(file);
    await journal.change({ order: ORDER });
    await journal.change({ order: null });
    assert.deepEqual(await readdir(folder), []);
    await journal.change({ order: null });
  });

  it('has no order to change', async () => {
    await assert.rejects((await OrderJournal.open(file)).changeOrder({ url: null }), RangeError);
  });

  it('removes its own files that were half written, and no others', async () => {
    const others = ['.other.json.1.tmp', 'order.json.tmp', '.order.json.txt'];
    for (const name of ['.order.json.1.tmp', '.order.json.2.tmp', ...others]) {
      await writeFile(path.join(folder, name), '');
    }
    await OrderJournal.open(file);
    assert.deepEqual((await readdir(folder)).sort(), others.sort());
  });

  const order = { ...ORDER };
  for (const [what, content] of [
    ['nothing', ''],
    ['half an object', '{"version":1,'],
    ['a list', '[]'],
    ['an order without an account', { version: 1, order: { ...order, account: undefined } }],
    ['an order without names', { version: 1, order: { ...order, names: [] } }],
    ['a name of an unknown kind', { version: 1, order: { ...order, names: [{ type: 'mail' }] } }],
    ['an answer without a plan', { version: 1, order: null, shown: [{ solver: 'dns-01' }] }],
    ['a key that is no object', { version: 1, order: null, keys: ['key'] }],
  ] as const) {
    it(`is put aside if it has ${what}`, async () => {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      await writeFile(file, text);
      const journal = await OrderJournal.open(file);
      assert.deepEqual(journal.record, { order: null, shown: [], keys: [] });
      assert.equal(journal.damaged, `${file}.damaged`);
      assert.equal(await readFile(`${file}.damaged`, 'utf8'), text);
    });
  }

  it('is left alone if a newer version has written it', async () => {
    await writeFile(file, '{"version":2}');
    await assert.rejects(OrderJournal.open(file), { code: 'ERR_SCHANNEL_ACME_STATE' });
    assert.deepEqual(await readdir(folder), ['order.json']);
  });

  it('keeps what it knew if it could not be written', async () => {
    const journal = await OrderJournal.open(file);
    await rm(folder, { recursive: true });
    await assert.rejects(journal.change({ order: ORDER }), {
      code: 'ERR_SCHANNEL_ACME_STATE',
      advice: 'Create the folder.',
    });
    assert.equal(journal.record.order, null);
    await assert.rejects(OrderJournal.open(file), { code: 'ERR_SCHANNEL_ACME_STATE' });
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-journal-'));
  });
});
