import assert from 'node:assert/strict';
import { parseTemplate } from '#lib/formats/request/template.js';

describe('formats/request/template', () => {
  it('tells names from identifiers', () => {
    assert.equal(parseTemplate('WebServer'), 'WebServer');
    assert.equal(parseTemplate('Bar Web-Server (v2)'), 'Bar Web-Server (v2)');
    assert.deepEqual(parseTemplate('1.3.6.1.4.1.311.21.8.1:100.3'), {
      oid: '1.3.6.1.4.1.311.21.8.1',
      major: 100,
      minor: 3,
    });
    assert.deepEqual(parseTemplate('1.3.6.1:4294967295'), { oid: '1.3.6.1', major: 4294967295 });
  });

  for (const text of [
    '',
    '1.3.6.1',
    '1.3.6.1:',
    '1.3.6.1:4294967296',
    '9.3.6:1',
    '1.40.6:1',
    'a\nb',
    'a"b',
    'a'.repeat(65),
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(() => parseTemplate(text), { code: 'ERR_INVALID_ARG_VALUE', message: /template/ });
    });
  }
});
