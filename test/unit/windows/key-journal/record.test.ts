import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { journalPath, type KeyRecord, readRecord, writeRecord } from '#lib/windows/key-journal/record.js';

describe('windows/key-journal/record', () => {
  const owner = `g${'0a'.repeat(16)}`;
  const record: KeyRecord = {
    key: { container: `schannel-import-${randomUUID()}`, machine: false },
    store: 'CurrentUser\\Größe 证书',
    owner,
    host: 'PC',
  };
  const text = (content: string): Uint8Array => Buffer.from(`${content}\0`, 'utf16le');

  it('is read as it was written', () => {
    const machine = { container: `schannel-self-signed-${randomUUID()}`, machine: true };
    const others = [
      record,
      { ...record, key: { ...record.key, provider: 'software' } },
      { ...record, key: { ...machine, provider: 'CSP', providerType: 24 } },
    ];
    for (const each of others) assert.deepEqual(readRecord(writeRecord(each), each.key.machine), each);
  });

  it('is in the registry of whom the key belongs to', () => {
    assert.match(journalPath(false), /^HKEY_CURRENT_USER\\Software\\/);
    assert.match(journalPath(true), /^Software\\/);
  });

  const value = writeRecord(record);
  const content = (changes: object): Uint8Array =>
    text(JSON.stringify({ store: 'MY', host: 'PC', provider: null, providerType: null, ...changes }));
  const { container } = record.key;
  for (const [what, damaged] of [
    ['another type', { ...value, type: 3 }],
    ['no data', { ...value, data: Buffer.of() }],
    ['half of the data', { ...value, data: value.data.subarray(0, 20) }],
    ['no object', { ...value, data: text('null') }],
    ['no store', { ...value, data: content({ store: undefined }) }],
    ['no host', { ...value, data: content({ host: 1 }) }],
    ['a provider that is none', { ...value, data: content({ provider: 7 }) }],
    ['a type of provider that is none', { ...value, data: content({ providerType: '24' }) }],
    ['no owner', { ...value, name: container }],
    ['an owner that is none', { ...value, name: `${container} x` }],
    ['more behind the owner', { ...value, name: `${value.name} ` }],
    ['a key that others named', { ...value, name: `mine ${owner}` }],
    ['a key whose name others chose', { ...value, name: `schannel-import-mine ${owner}` }],
  ] as const) {
    it(`is not read with ${what}`, () => {
      assert.equal(readRecord(damaged, false), null);
    });
  }
});
