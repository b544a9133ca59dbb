import assert from 'node:assert/strict';
import { canonicalName, commonName, isEmptyName, parseSubject } from '#lib/formats/x509/subject.js';
import { formatName, readName } from '#lib/formats/x509/distinguished-name.js';

/** What Windows would show of it. */
const shown = (text: string): string => formatName(readName(parseSubject(text)));

const hex = (text: string): string => Buffer.from(parseSubject(text)).toString('hex');

describe('formats/x509/subject', () => {
  for (const [given, wanted] of [
    ['CN=bar.example', 'CN=bar.example'],
    ['cn = bar.example ,o=Bar', 'CN=bar.example, O=Bar'],
    ['CN=a; OU=b', 'CN=a, OU=b'],
    ['CN="Bar, Inc.", C=DE', 'CN="Bar, Inc.", C=DE'],
    ['CN=Bar\\, Inc.', 'CN="Bar, Inc."'],
    ['CN="the ""Bar"""', 'CN="the ""Bar"""'],
    ['CN="a\\"b"', 'CN="a""b"'],
    ['CN=a\\+b+OU=c', 'CN="a+b" + OU=c'],
    ['CN=Z\\c3\\bcrich', 'CN=Zürich'],
    ['CN=Zürich, ST=Bar', 'CN=Zürich, S=Bar'],
    ['E=anna@bar.example, DC=bar, DC=example', 'E=anna@bar.example, DC=bar, DC=example'],
    ['2.5.4.3=a, OID.2.5.4.15=b', 'CN=a, OID.2.5.4.15=b'],
    ['CN=a=b', 'CN="a=b"'],
    ['', ''],
  ] as const) {
    it(`is read from ${given || 'nothing'}`, () => {
      assert.equal(shown(given), wanted);
    });
  }

  it('is read in one go, however many blanks there are', () => {
    // Looking for the end from each of them would be 10^12 steps.
    const blanks = ' '.repeat(1_000_000);
    assert.deepEqual(parseSubject(`CN=a${blanks}b${blanks}`), parseSubject(`CN=a${blanks}b`));
    assert.throws(() => parseSubject(`${blanks}CN${blanks}`), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('is encoded with the most general part first, each in the string that RFC 5280 wants', () => {
    const country = '310b3009' + '0603550406' + '13024445';
    const name = '310a3008' + '0603550403' + '0c0161';
    assert.equal(hex('CN=a, C=DE'), `3019${country}${name}`);
    assert.match(hex('E=a@b'), /1603614062$/);
    assert.equal(Buffer.from(commonName('a')).toString('hex'), `300c${name}`);
  });

  it('knows the empty name, however long its length is written', () => {
    assert.deepEqual([parseSubject(' '), Buffer.from('308100', 'hex')].map(isEmptyName), [true, true]);
    assert.equal(isEmptyName(commonName('a')), false);
  });

  it('is made canonical where another program wrote it otherwise', () => {
    const long = Buffer.from(`30810c${hex('CN=a').slice(4)}`, 'hex');
    assert.equal(Buffer.from(canonicalName(long)).toString('hex'), hex('CN=a'));
    assert.throws(() => canonicalName(Buffer.from('0500', 'hex')));
  });

  for (const text of [
    'bar.example',
    'CN=',
    '=a',
    'CN=a,',
    'CN=a,,O=b',
    'XYZ=a',
    'CN="a',
    'CN="a"b',
    'CN=a"b',
    'C N=a',
    'CN=""',
  ]) {
    it(`is refused as ${text}`, () => {
      assert.throws(() => parseSubject(text), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
