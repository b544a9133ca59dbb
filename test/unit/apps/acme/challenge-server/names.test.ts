import assert from 'node:assert/strict';
import { hostName, NameRules } from '#lib/apps/acme/challenge-server/names.js';

const LONG = `${'a'.repeat(60)}.`.repeat(4);

describe('apps/acme/challenge-server/names', () => {
  it('reads host names, in any case and with a final dot', () => {
    assert.equal(hostName('WWW.Bar.example.'), 'www.bar.example');
    assert.equal(hostName('xn--bcher-kva.example'), 'xn--bcher-kva.example');
    assert.equal(hostName('a-1.b.example'), 'a-1.b.example');
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['a number', 7],
    ['a list', ['www.bar.example']],
    ['a dot', '.'],
    ['a single label', 'localhost'],
    ['two final dots', 'www.bar.example..'],
    ['an empty label', 'www..example'],
    ['a dot in front', '.bar.example'],
    ['a wildcard', '*.bar.example'],
    ['an underscore', '_acme-challenge.bar.example'],
    ['a label that begins with a hyphen', '-a.bar.example'],
    ['a label that ends with a hyphen', 'a-.bar.example'],
    ['a label of 64 characters', `${'a'.repeat(64)}.example`],
    ['a name that is too long behind the prefix', `${LONG}example`],
    ['a megabyte', `${'a.'.repeat(500_000)}example`],
    ['an address', '10.0.0.1'],
    ['an address in hexadecimal digits', '0x7f.1'],
    ['a name that ends in a number', 'bar.123'],
    ['Unicode', 'bücher.example'],
    ['a letter that becomes ASCII in lower case', 'www.\u212Aelvin.example'],
    ['a dot of another script', 'www\u3002bar.example'],
    ['a space', 'www.bar.example '],
    ['a line end', 'www.bar.example\r\n'],
    ['a NUL', 'www.bar.example\0.evil.example'],
    ['an escape of zone files', 'www\\046evil.example'],
    ['a slash', 'www.bar.example/x'],
    ['a colon', 'www.bar.example:53'],
    ['a quote', '"www.bar.example"'],
  ] as const) {
    it(`refuses ${what}`, () => assert.equal(hostName(text), null));
  }

  it('permits exactly what the rules say', () => {
    const rules = new NameRules([
      'www.bar.example',
      '*.lan.bar.example',
      '.dept.bar.example',
      'BÜCHER.example',
    ]);
    const permitted = [
      'www.bar.example',
      'pc.lan.bar.example',
      'a.dept.bar.example',
      'a.b.dept.bar.example',
      'xn--bcher-kva.example',
    ];
    const others = [
      'bar.example',
      'a.www.bar.example',
      'evilwww.bar.example',
      'lan.bar.example',
      'a.pc.lan.bar.example',
      'dept.bar.example',
      'evildept.bar.example',
      'example',
    ];
    assert.deepEqual(
      [...permitted, ...others].filter((name) => rules.permits(name)),
      permitted,
    );
    assert.equal(new NameRules([]).permits('www.bar.example'), false);
  });

  for (const rule of [
    '',
    '*',
    '.',
    '*.',
    'www.*.example',
    '*a.example',
    '**.example',
    '.example.',
    'a b.example',
    '/etc',
    'x',
    'a/b.example',
    '1.2.3.4',
    '_a.example',
  ]) {
    it(`refuses the rule '${rule}'`, () =>
      assert.throws(() => new NameRules([rule]), { code: 'ERR_INVALID_ARG_VALUE' }));
  }
});
