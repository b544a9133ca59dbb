import assert from 'node:assert/strict';
import { CertificatesShown } from '#lib/web/site/certificates-shown.js';

describe('web/site/certificates-shown', () => {
  it('are those that at least one search has chosen', () => {
    const [one, two] = [{ thumbprint: 'one' }, { thumbprint: 'two' }];
    const shown = new CertificatesShown<{ readonly thumbprint: string }>();
    assert.deepEqual([shown.change(null, one), shown.change(null, one)], [true, false]);
    assert.equal(shown.change(one, two), true);
    assert.deepEqual(shown.list(), [one, two]);
    assert.equal(shown.change(one, two), false);
    assert.deepEqual([shown.has('one'), shown.has('two')], [false, true]);
  });
});
