import assert from 'node:assert/strict';
import { ReadBudget } from '#lib/formats/asn1/read-budget.js';
import { splitPem } from '#lib/formats/pem/pem-reader.js';
import { codeOf } from '../../../support/key-material.js';

const block = (label: string, base64 = 'AQID'): string =>
  `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
const labels = (text: string): string[] => splitPem(text).map(({ label }) => label);

/** How many characters are searched by strings and patterns meanwhile. */
function charactersSearched(run: () => void): number {
  const { indexOf } = String.prototype;
  const { exec } = RegExp.prototype;
  let searched = 0;
  String.prototype.indexOf = function counted(this: string, needle: string, from = 0): number {
    const at = indexOf.call(this, needle, from);
    searched += (at === -1 ? this.length : at + needle.length) - from;
    return at;
  };
  RegExp.prototype.exec = function counted(this: RegExp, text: string): RegExpExecArray | null {
    searched += text.length;
    return exec.call(this, text);
  };
  try {
    run();
  } finally {
    String.prototype.indexOf = indexOf;
    RegExp.prototype.exec = exec;
  }
  return searched;
}

describe('formats/pem/pem-reader', () => {
  it('finds every block, in order, with its bytes', () => {
    const blocks = splitPem(block('CERTIFICATE') + block('RSA PRIVATE KEY', 'BAUG'));
    assert.deepEqual(
      blocks.map(({ label, der }) => [label, [...der]]),
      [
        ['CERTIFICATE', [1, 2, 3]],
        ['RSA PRIVATE KEY', [4, 5, 6]],
      ],
    );
  });

  it('tolerates whatever stands around: text, a byte order mark, any line ends', () => {
    const text = `\ufeffBag Attributes\r\n    friendlyName: x: y\r\n${block('CERTIFICATE').replaceAll('\n', '\r\n')}--- the end ---`;
    assert.deepEqual([...(splitPem(text)[0]?.der ?? [])], [1, 2, 3]);
    assert.deepEqual(labels(block('CERTIFICATE').replaceAll('\n', '\r')), ['CERTIFICATE']);
    assert.deepEqual(labels(block('CERTIFICATE').replace('AQID\n', '  AQ\n\tID  \n\n')), ['CERTIFICATE']);
  });

  it('reads the headers of the old encryption, and leaves them out of the bytes', () => {
    const [found] = splitPem(
      block('RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID'),
    );
    assert.equal(found?.encrypted, true);
    assert.deepEqual([...found.der], [1, 2, 3]);
    assert.match(found.text, /DEK-Info/);
  });

  it('leaves out a block without its end, and goes on behind it', () => {
    assert.deepEqual(labels(`-----BEGIN CERTIFICATE-----\nAQID\n${block('X')}`), ['X']);
    assert.deepEqual(labels('-----BEGIN CERTIFICATE-----\nAQID\n-----END PRIVATE KEY-----'), []);
    assert.deepEqual(labels('-----BEGIN \nCERTIFICATE-----\n-----END \nCERTIFICATE-----'), []);
    assert.deepEqual(labels('-----BEGIN '), []);
  });

  describe('goes over a text a few times, whatever is in it', () => {
    const found = (title: string, text: string, blocks: number): void => {
      it(title, () => {
        let split: unknown[] = [];
        const searched = charactersSearched(() => (split = splitPem(text)));
        assert.equal(split.length, blocks);
        assert.ok(searched <= 6 * text.length, `${searched} characters of ${text.length}`);
      });
    };
    found('beginnings', '-----BEGIN A-----\n'.repeat(60_000), 0);
    found('beginnings without an end', '-----BEGIN '.repeat(60_000), 0);
    found('empty lines', `-----BEGIN A-----\n${' \n'.repeat(500_000)}`, 0);
    found('empty lines within a block', `-----BEGIN A-----\n${' \n'.repeat(500_000)}-----END A-----`, 1);
    found('line ends of old', `-----BEGIN A-----\n${' \r'.repeat(500_000)}-----END A-----`, 1);
    found('blanks', `-----BEGIN A-----${' '.repeat(1_000_000)}-----END A-----`, 1);
    found('headers', `-----BEGIN A-----\n${'Proc-Type:\n'.repeat(60_000)}-----END A-----`, 1);
  });

  it('counts the beginnings of blocks and the headers', () => {
    const budget = new ReadBudget();
    const text = block('RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID');
    assert.equal(splitPem(`-----BEGIN X-----\n${text}`, budget).length, 1);
    assert.equal(budget.spent.elements, 4);
    for (const endless of ['-----BEGIN A-----\n', 'A: B\n']) {
      assert.equal(
        codeOf(() => splitPem(`-----BEGIN A-----\n${endless.repeat(70_000)}-----END A-----`)),
        'ERR_SCHANNEL_IMPORT_TOO_LARGE',
      );
    }
  });
});
