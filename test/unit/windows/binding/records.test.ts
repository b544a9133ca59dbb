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
      await assert.rejects(
        records.write(before, { ...before, flags: 1 }),
        { code: 'ERR_SCHANNEL_BINDING_UNVERIFIED' },
        JSON.stringify(spoils),
      );
    }
  });

  it('takes no name and any case for the store MY', async () => {
    const before = http.add('bar.example:443');
    for (const store of [null, 'My']) {
      http.spoils = { store };
      await records.write(before, { ...before, flags: 1 });
    }
  });

  it('tries once more if the key can not be used right after an import', async () => {
    const before = http.add('bar.example:443');
    http.refusals.set('updateSslRecord', [1312]);
    await records.write(before, { ...before, flags: 1 });
    http.refusals.set('updateSslRecord', [1312, 1312, 0]);
    await assert.rejects(records.write(before, { ...before, flags: 2 }), {
      code: 'ERR_SCHANNEL_BINDING_CERTIFICATE',
      status: 1312,
    });
    assert.deepEqual(http.refusals.get('updateSslRecord'), [0]);
  });

  it('tells that somebody was faster', async () => {
    const before = http.add('bar.example:443');
    http.refusals.set('setSslRecord', [183]);
    await assert.rejects(records.write(null, before), { code: 'ERR_SCHANNEL_BINDING_EXISTS' });
  });

  it('restores what is not as before, and nothing else', async () => {
    const before = http.add('bar.example:443');
    await records.restore(before);
    assert.deepEqual(http.done, []);
    http.records[0] = { ...before, flags: 7 };
    await records.restore(before);
    http.records.length = 0;
    await records.restore(before);
    assert.deepEqual(http.done, ['update bar.example', 'set bar.example']);
    assert.deepEqual(http.records, [before]);
  });
});
