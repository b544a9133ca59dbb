import assert from 'node:assert/strict';
import { splitPem } from '#lib/pem/split.js';
import { cpuTimeOf } from '../../support/cpu-time.js';

const block = (label: string, base64 = 'AQID'): string =>
  `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
const labels = (text: string): string[] => splitPem(text).map(({ label }) => label);

describe('pem/split', () => {
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

  it('takes time that grows with the size only', () => {
    const took = cpuTimeOf(() => {
      assert.deepEqual(splitPem('-----BEGIN A-----\n'.repeat(200_000)), []);
      assert.deepEqual(splitPem(`-----BEGIN A-----\n${' \n'.repeat(500_000)}`), []);
      assert.equal(splitPem(`-----BEGIN A-----\n${' \r'.repeat(500_000)}-----END A-----`).length, 1);
      assert.equal(splitPem(`-----BEGIN A-----${' '.repeat(1_000_000)}-----END A-----`).length, 1);
    });
    assert.ok(took < 2000, `it took ${took} ms`);
  });
});
