import assert from 'node:assert/strict';
import { parseInf } from '#lib/formats/request/inf.js';

const settings = (text: string | Uint8Array, section = 'a'): unknown =>
  (parseInf(text).get(section) ?? []).map(({ key, value }) => [key, value]);

describe('formats/request/inf', () => {
  for (const [what, text, expected] of [
    [
      'settings',
      '[a]\nKey = value\nother=1',
      [
        ['Key', 'value'],
        ['other', '1'],
      ],
    ],
    ['names of sections in any case', '[ A ]\r\nkey = 1', [['key', '1']]],
    [
      'a section in two parts',
      '[a]\nx=1\n[b]\ny=2\n[A]\nz=3',
      [
        ['x', '1'],
        ['z', '3'],
      ],
    ],
    ['comments', '; first\n[a] ; here\nkey = 1 ; there\n;key = 2', [['key', '1']]],
    ['a semicolon in quotes', '[a]\nkey = "a;b" ; c', [['key', 'a;b']]],
    ['quotes in quotes', '[a]\nkey = "O=""Bar, Inc."""', [['key', 'O="Bar, Inc."']]],
    ['an equals sign in a value', '[a]\nSubject = CN=a', [['Subject', 'CN=a']]],
    [
      'continued values',
      '[a]\nk = "{text}"\n_continue_ = "dns=a&"\n_CONTINUE_ = "dns=b"',
      [['k', '{text}dns=a&dns=b']],
    ],
    ['strings', '[Strings]\nsan = 2.5.29.17\n[a]\n%SAN% = "{text}"', [['2.5.29.17', '{text}']]],
    ['a percent sign', '[a]\nk = 100%%', [['k', '100%']]],
    ['an empty value', '[a]\nk =', [['k', '']]],
  ] as const) {
    it(`reads ${what}`, () => {
      assert.deepEqual(settings(text), expected);
    });
  }

  it('reads each encoding that Windows writes', () => {
    const text = '[a]\nk = Größe';
    const expected = [['k', 'Größe']];
    assert.deepEqual(settings(`\ufeff${text}`), expected);
    assert.deepEqual(settings(Buffer.from(text)), expected);
    assert.deepEqual(settings(Buffer.from(`\ufeff${text}`)), expected);
    assert.deepEqual(settings(Buffer.from(`\ufeff${text}`, 'utf16le')), expected);
    assert.deepEqual(settings(Buffer.from(`\ufeff${text}`, 'utf16le').swap16()), expected);
    assert.deepEqual(settings(Buffer.from(text, 'latin1')), expected);
  });

  for (const [what, text, message] of [
    ['a setting without a section', 'k = 1', /before the first section \(line 1 /],
    ['a line that is neither', '[a]\nnonsense', /'nonsense' is neither .* \(line 2 /],
    ['a setting without a key', '[a]\n= 1', /neither/],
    ['quotes that do not match', '[a]\nk = "a', /quotes/],
    ['text behind quotes', '[a]\nk = "a" b', /quotes/],
    ['a continuation of nothing', '[a]\n_continue_ = 1', /continues nothing/],
    ['a string that is not there', '[a]\nk = %b%', /%b% is not in \[Strings\]/],
    [
      'strings that become too much',
      `[Strings]\ns = ${'x'.repeat(1000)}\n[a]\nk = ${'%s%'.repeat(66)}`,
      /more than 65536 characters \(line 4 /,
    ],
    ['too much', `[a]\n;${'x'.repeat(70_000)}`, /more than 65536 bytes/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseInf(text), { code: 'ERR_SCHANNEL_REQUEST_INF', message });
    });
  }

  it('shows no control characters of the file', () => {
    assert.throws(() => parseInf('[a]\n\u001b[2J'), { message: /'\?\[2J'/ });
  });
});
