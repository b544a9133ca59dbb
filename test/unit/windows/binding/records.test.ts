import assert from 'node:assert/strict';
import { parseBindingKey } from '#lib/windows/binding/key.js';
import { BindingRecords } from '#lib/windows/binding/records.js';
import { NEW, ScriptedHttp } from '../../../support/scripted-http.js';

describe('windows/binding/records', () => {
  let http: ScriptedHttp;
  let records: BindingRecords;
  const key = parseBindingKey('bar.example:443');

  beforeEach(() => {
    http = new ScriptedHttp();
    records = new BindingRecords(http.addon);
  });

  it('lists every kind, also on a Windows that does not know all of them', async () => {
    for (const each of ['ccs:443', 'bar.example:443', '*:443', 'ccs:bar.example:443']) http.add(each);
    assert.deepEqual(
      (await records.list()).map(({ kind }) => kind),
      [1, 5, 6, 11],
    );
    http.refusals.set('sslRecords', [0, 0, 0, 87]);
    assert.equal((await records.list()).length, 3);
    http.refusals.set('sslRecords', [0, 50, 50, 50]);
    assert.equal((await records.list()).length, 1);
    http.refusals.set('sslRecords', [0, 5]);
    await assert.rejects(records.list(), { code: 'ERR_SCHANNEL_BINDING_ACCESS_DENIED', status: 5 });
    http.refusals.set('sslRecords', [87]);
    await assert.rejects(records.list(), { code: 'ERR_SCHANNEL_BINDING_FAILURE' });
  });

  it('updates where Windows can, and reads back', async () => {
    const before = http.add('bar.example:443');
    await records.write(before, { ...before, hash: Buffer.from(NEW, 'hex') });
    assert.deepEqual(http.done, ['update bar.example']);
    assert.equal(
      Buffer.from(http.records[0]?.hash ?? [])
        .toString('hex')
        .toUpperCase(),
      NEW,
    );
  });

  it('removes and sets where there is no update', async () => {
    http.hasUpdate = false;
    const before = http.add('bar.example:443');
    await records.write(before, { ...before, checkMode: 1 });
    assert.deepEqual(http.done, ['remove bar.example', 'set bar.example']);
    assert.deepEqual(http.records, [{ ...before, checkMode: 1 }]);
  });

  it('has the old record again if the new one can not be set', async () => {
    http.hasUpdate = false;
    const before = http.add('bar.example:443');
    http.refusals.set('setSslRecord', [87]);
    await assert.rejects(records.write(before, { ...before, flags: 1 }), {
      code: 'ERR_SCHANNEL_BINDING_FAILURE',
      status: 87,
    });
    assert.deepEqual(http.records, [before]);
  });

  it('says what is left if the old record can not be set either', async () => {
    http.hasUpdate = false;
    const before = http.add('bar.example:443');
    http.refusals.set('setSslRecord', [87, 5]);
    await assert.rejects(
      records.write(before, { ...before, flags: 1 }),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_SCHANNEL_BINDING_LEFTOVERS');
        assert.equal((error.cause as { status: number }).status, 87);
        return true;
      },
    );
  });

  it('does not forget extended parameters', async () => {
    http.hasUpdate = false;
    http.extended = [[0, 3]];
    const before = http.add('bar.example:443');
    await assert.rejects(records.write(before, { ...before, flags: 1 }), {
      code: 'ERR_SCHANNEL_BINDING_FAILURE',
      message: /extended parameters/,
    });
    assert.deepEqual([http.records, http.done], [[before], []]);
    http.hasUpdate = true;
    http.extended = [[0, 3], [0]];
    await assert.rejects(records.write(before, { ...before, flags: 1 }), {
      code: 'ERR_SCHANNEL_BINDING_UNVERIFIED',
      message: /lost extended parameters/,
    });
  });

  it('does not believe that something was changed', async () => {
    const before = http.add('bar.example:443');
    const unverified = { code: 'ERR_SCHANNEL_BINDING_UNVERIFIED' };
    http.pretends.add('setSslRecord').add('updateSslRecord').add('removeSslRecord');
    await assert.rejects(records.write(before, { ...before, flags: 1 }), unverified);
    await assert.rejects(records.remove(key), unverified);
    assert.deepEqual(http.records, [before]);
    http.records.length = 0;
    await assert.rejects(records.write(null, before), unverified);
  });

  it('sees every parameter that Windows has changed by the way', async () => {
    for (const spoils of [
      { hash: Buffer.alloc(20) },
      { appId: new Uint8Array(16) },
      { store: 'WebHosting' },
      { checkMode: 0 },
      { freshnessTime: 0 },
      { retrievalTimeout: 0 },
      { ctlIdentifier: null },
      { ctlStore: null },
      { flags: 0 },
    ]) {
      http.records.length = 0;
      const before = http.add('bar.example:443');
      http.spoils = spoils;
      // What it takes away is missing in the old record, too.
      await assert.rejects(
        records.write(before, { ...before, flags: 1 }),
        { code: 'ERR_SCHANNEL_BINDING_LEFTOVERS' },
        JSON.stringify(spoils),
      );
    }
  });

  it('takes no name and any case for the store MY', async () => {
    const before = http.add('bar.example:443');
    for (const store of [null, 'My']) {
      http.records[0] = before;
      http.spoils = { store };
      await records.write(before, { ...before, flags: 1 });
    }
  });

  it('tries once more if the key can not be used right after an import', async () => {
    const before = http.add('bar.example:443');
    http.refusals.set('updateSslRecord', [1312]);
    const after = { ...before, flags: 1 };
    await records.write(before, after);
    http.refusals.set('updateSslRecord', [1312, 1312, 0]);
    await assert.rejects(records.write(after, { ...before, flags: 2 }), {
      code: 'ERR_SCHANNEL_BINDING_CERTIFICATE',
      status: 1312,
    });
    assert.deepEqual(http.refusals.get('updateSslRecord'), [0]);
  });

  it('tells that somebody was faster', async () => {
    const before = http.add('bar.example:443');
    http.records.length = 0;
    http.refusals.set('setSslRecord', [183]);
    await assert.rejects(records.write(null, before), { code: 'ERR_SCHANNEL_BINDING_EXISTS' });
  });

  it('restores what is not as before, and nothing else', async () => {
    const before = http.add('bar.example:443');
    const after = { ...before, hash: Buffer.from(NEW, 'hex') };
    await records.restore(before, after);
    assert.deepEqual(http.done, []);
    http.records[0] = { ...before, flags: 7 };
    await records.restore(before, after);
    http.records[0] = { ...after, flags: 7 };
    await records.restore(before, after);
    http.records.length = 0;
    await records.restore(before, after);
    assert.deepEqual(http.done, ['update bar.example', 'update bar.example', 'set bar.example']);
    assert.deepEqual(http.records, [before]);
    const foreign = { ...before, hash: Buffer.alloc(20, 0xee) };
    http.records[0] = foreign;
    await assert.rejects(records.restore(before, after), { code: 'ERR_SCHANNEL_BINDING_CHANGED' });
    assert.deepEqual(http.records, [foreign]);
    http.records[0] = after;
    http.pretends.add('updateSslRecord');
    await assert.rejects(records.restore(before, after), { code: 'ERR_SCHANNEL_BINDING_UNVERIFIED' });
  });

  it('has the old record again if Windows has spoiled the new one', async () => {
    const before = http.add('bar.example:443');
    const after = { ...before, hash: Buffer.from(NEW, 'hex') };
    const spoils = [{ ctlStore: null }, {}];
    http.onChange = () => (http.spoils = spoils.shift() ?? {});
    await assert.rejects(records.write(before, after), { code: 'ERR_SCHANNEL_BINDING_UNVERIFIED' });
    assert.deepEqual(http.records, [before]);
    // It takes the same away from the old one.
    http.onChange = () => undefined;
    http.spoils = { ctlStore: null };
    await assert.rejects(records.write(before, after), { code: 'ERR_SCHANNEL_BINDING_LEFTOVERS' });
  });

  it('removes a new record that Windows has spoiled', async () => {
    const record = http.add('bar.example:443');
    http.records.length = 0;
    http.spoils = { flags: 0 };
    await assert.rejects(records.write(null, record), { code: 'ERR_SCHANNEL_BINDING_UNVERIFIED' });
    assert.deepEqual(http.records, []);
    http.refusals.set('removeSslRecord', [5]);
    await assert.rejects(records.write(null, record), { code: 'ERR_SCHANNEL_BINDING_LEFTOVERS' });
  });

  it('overwrites nothing that was changed since it was read', async () => {
    const before = http.add('bar.example:443');
    const foreign = { ...before, flags: 9 };
    http.records[0] = foreign;
    const changed = { code: 'ERR_SCHANNEL_BINDING_CHANGED' };
    await assert.rejects(records.write(before, { ...before, flags: 1 }), changed);
    await assert.rejects(records.write(null, before), { code: 'ERR_SCHANNEL_BINDING_EXISTS' });
    http.records.length = 0;
    await assert.rejects(records.write(before, { ...before, flags: 1 }), changed);
    assert.deepEqual(http.done, []);
  });

  it('leaves what another program has written while Windows wrote', async () => {
    const before = http.add('bar.example:443');
    const foreign = Buffer.alloc(20, 0xee);
    http.spoils = { hash: foreign };
    await assert.rejects(records.write(before, { ...before, hash: Buffer.from(NEW, 'hex') }), {
      code: 'ERR_SCHANNEL_BINDING_LEFTOVERS',
    });
    assert.deepEqual(http.records[0]?.hash, foreign);
    assert.deepEqual(http.done, ['update bar.example']);
  });

  it('removes and sets what this Windows can not update', async () => {
    http.refusals.set('updateSslRecord', [50]);
    const before = http.add('ccs:bar.example:443');
    await records.write(before, { ...before, flags: 1 });
    assert.deepEqual(http.done, ['update bar.example 50', 'remove bar.example', 'set bar.example']);
  });

  it('finds names that others have written in capitals, or as people read them', async () => {
    const old = http.add('bar.example:443');
    for (const [host, asked] of [
      ['WWW.Bar.example', 'www.bar.example:443'],
      ['bücher.example', 'bücher.example:443'],
      ['bücher.example', 'xn--bcher-kva.example:443'],
    ] as const) {
      http.records[0] = { ...old, host };
      const found = await records.find(parseBindingKey(asked));
      assert.equal(found?.host, host);
      await records.write(found, { ...found, flags: 1 });
      assert.deepEqual(http.records, [{ ...old, host, flags: 1 }]);
    }
    assert.equal(await records.find(parseBindingKey('other.example:443')), null);
    assert.equal(await records.find(parseBindingKey('ccs:bücher.example:443')), null);
    assert.equal(await records.find(parseBindingKey('bücher.example:444')), null);
  });
});
