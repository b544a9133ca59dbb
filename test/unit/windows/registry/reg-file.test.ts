import assert from 'node:assert/strict';
import { parseRegFile, type RegFileEntry, writeRegFile } from '#lib/windows/registry/reg-file.js';
import { listValue, numberValue, REG, type RegistryValue } from '#lib/windows/registry/registry-value.js';

const ENTRIES: readonly RegFileEntry[] = [
  { kind: 'value', path: 'SYSTEM\\a b', name: 'Enabled', value: numberValue(1), written: null },
  { kind: 'value', path: 'SYSTEM\\a b', name: 'x"y\\z', value: null, written: numberValue(0xffffffff) },
  { kind: 'value', path: 'SYSTEM\\c', name: '', value: listValue(['TLS_A']) },
  { kind: 'value', path: 'SYSTEM\\c', name: 'b', value: { type: REG.binary, data: Buffer.alloc(0) } },
  { kind: 'value', path: 'SYSTEM\\c', name: 'short', value: { type: REG.number, data: Buffer.from([1]) } },
  { kind: 'remove key', path: 'SYSTEM\\d' },
];

const plain = (value: RegFileEntry | null | undefined): unknown =>
  value?.kind !== 'value'
    ? value
    : {
        ...value,
        value: bytesOf(value.value),
        written: value.written === undefined ? undefined : bytesOf(value.written),
      };
const bytesOf = (value: RegistryValue | null): unknown =>
  value === null ? null : { type: value.type, data: [...value.data] };
const comparable = (entries: readonly RegFileEntry[]): unknown => entries.map(plain);

describe('windows/registry/reg-file', () => {
  it('writes what the registry editor reads', () => {
    const bytes = writeRegFile(['before\r\n[evil]'], ENTRIES.slice(0, 3));
    assert.deepEqual([...bytes.subarray(0, 2)], [0xff, 0xfe]);
    assert.deepEqual(bytes.toString('utf16le').slice(1).split('\r\n'), [
      ...['Windows Registry Editor Version 5.00', '', '; before [evil]', ''],
      ...['[HKEY_LOCAL_MACHINE\\SYSTEM\\a b]', '; written: "Enabled"=-', '"Enabled"=dword:00000001'],
      ...['; written: "x\\"y\\\\z"=dword:ffffffff', '"x\\"y\\\\z"=-', ''],
      '[HKEY_LOCAL_MACHINE\\SYSTEM\\c]',
      ...['@=hex(7):54,00,4c,00,53,00,5f,00,41,00,00,00,00,00', ''],
    ]);
  });

  it('reads what it has written', () => {
    assert.deepEqual(comparable(parseRegFile(writeRegFile([], ENTRIES))), comparable(ENTRIES));
  });

  it('reads what others write: UTF-8, long data in several lines, quoted texts', () => {
    const text =
      'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\A]\n"t"="a\\\\b"\n"h"=hex(7):61,00,\\\n  00,00,00,00\n';
    assert.deepEqual(comparable(parseRegFile(Buffer.from(text))), [
      {
        kind: 'value',
        path: 'A',
        name: 't',
        value: { type: 1, data: [97, 0, 92, 0, 98, 0, 0, 0] },
        written: undefined,
      },
      {
        kind: 'value',
        path: 'A',
        name: 'h',
        value: { type: 7, data: [97, 0, 0, 0, 0, 0] },
        written: undefined,
      },
    ]);
  });

  for (const [what, line] of [
    ['another root', '[HKEY_CURRENT_USER\\A]'],
    ['a value without a key', '"x"=dword:1'],
    ['a number that is none', '[HKEY_LOCAL_MACHINE\\A]\n"x"=dword:xyz'],
    ['a text without an end', '[HKEY_LOCAL_MACHINE\\A]\n"x"="abc'],
    ['a value after a removed key', '[-HKEY_LOCAL_MACHINE\\A]\n"x"=-'],
    ['a comment about another value', '[HKEY_LOCAL_MACHINE\\A]\n; written: "x"=dword:1\n"y"=dword:1'],
    [
      'a comment about a value of another key',
      '[HKEY_LOCAL_MACHINE\\A]\n; written: "x"=-\n[HKEY_LOCAL_MACHINE\\B]\n"x"=-',
    ],
    ['a comment about nothing', '[HKEY_LOCAL_MACHINE\\A]\n; written: "x"=-'],
    ['a comment that is damaged', '[HKEY_LOCAL_MACHINE\\A]\n; written: nothing'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseRegFile(Buffer.from(`Windows Registry Editor Version 5.00\n${line}\n`)),
        SyntaxError,
      );
    });
  }

  it('refuses a file of another kind', () => {
    assert.throws(() => parseRegFile(Buffer.from('REGEDIT4\n')), SyntaxError);
    assert.throws(() => parseRegFile(Buffer.alloc(0)), SyntaxError);
  });
});
