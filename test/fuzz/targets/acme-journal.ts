import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OrderJournal, type JournalRecord } from '#lib/apps/acme/order/journal.js';
import { codes, outcomeLater, valueOf } from '../outcome.js';

export const what = 'the journal of an ACME order, as a crash or a person may have left it';
export const longest = 2048;
export const waits = true;

export const seeds = (): readonly Uint8Array[] => {
  const key = { name: 'schannel-acme-1', provider: null, machine: true };
  const order = {
    account: 'https://acme.example/a',
    names: [
      { type: 'dns', value: 'a.example' },
      { type: 'ip', value: '192.0.2.1' },
    ],
    ...{ profile: 'classic', url: 'https://acme.example/o', key, finalized: true, refused: false },
  };
  const shown = { solver: 'http-01', name: 'a.example', plan: { file: 'abc' } };
  return [
    { version: 1, order, shown: [shown], keys: [key] },
    { version: 1, order: null, shown: [shown], keys: [] },
    { version: 1, order: { ...order, key: null, url: null, profile: null }, shown: [], keys: [] },
    { version: 2, order: null, shown: [], keys: [] },
  ].map((record) => Buffer.from(JSON.stringify(record)));
};

const REFUSED = codes('ERR_SCHANNEL_ACME_STATE');

let folder: string | null = null;
function fileOf(): string {
  if (folder === null) {
    const made = mkdtempSync(path.join(os.tmpdir(), 'schannel-fuzz-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return path.join(folder, 'order.json');
}

/** It is read, put aside as it was, or left as it was; and what was read is read again as it was written. */
export async function fuzz(data: Buffer): Promise<void> {
  const file = fileOf();
  rmSync(`${file}.damaged`, { force: true });
  writeFileSync(file, data);
  const journal = valueOf(await outcomeLater(() => OrderJournal.open(file), REFUSED));
  if (journal === null) {
    assert.ok(readFileSync(file).equals(data), 'a journal of a newer version was changed');
    return;
  }
  if (journal.damaged !== null) {
    assert.ok(readFileSync(journal.damaged).equals(data), 'a damaged journal was changed');
    assert.deepEqual(journal.record, EMPTY);
    return;
  }
  const { record } = journal;
  await journal.change({});
  assert.deepEqual((await OrderJournal.open(file)).record, record);
}

const EMPTY: JournalRecord = { order: null, shown: [], keys: [] };
