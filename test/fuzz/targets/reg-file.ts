import assert from 'node:assert/strict';
import { parseRegFile, writeRegFile } from '#lib/windows/registry/reg-file.js';
import { contentOf, listOf, numberValue } from '#lib/windows/registry/registry-value.js';
import { instances, outcomeOf, valueOf } from '../outcome.js';

export const what = 'a .reg file, as it undoes what was set';
export const longest = 1024;

export const seeds = (): readonly Uint8Array[] => {
  const path = 'SOFTWARE\\A';
  const file = writeRegFile(
    ['what it was'],
    [
      { kind: 'value', path, name: 'Enabled', value: numberValue(1), written: null },
      { kind: 'value', path, name: 'a"\\b', value: null, written: numberValue(7) },
      { kind: 'value', path, name: '', value: { type: 7, data: Buffer.from('a\0b\0\0', 'utf16le') } },
      { kind: 'remove key', path: 'SOFTWARE\\B' },
    ],
  );
  return [
    file,
    Buffer.from(file.toString('utf16le')),
    Buffer.from(
      'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n@="text"\r\n"l"=hex(2):61,00,\\\r\n  00,00\r\n',
    ),
  ];
};

/** What was read can be written and read again, and each value has a content. */
export function fuzz(data: Buffer): void {
  const entries = valueOf(outcomeOf(() => parseRegFile(data), instances(SyntaxError)));
  for (const entry of entries ?? []) {
    if (entry.kind !== 'value') continue;
    contentOf(entry.value);
    listOf(entry.value);
  }
  if (entries !== null) assert.deepEqual(parseRegFile(writeRegFile(['again'], entries)), entries);
}
