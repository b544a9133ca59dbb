import assert from 'node:assert/strict';
import { decide } from '#lib/apps/decide/decide.js';
import { decideInput } from '../../../support/decide-input.js';

describe('apps/decide/decide', () => {
  it('decides each version, newest first, and then the suites in their order', async () => {
    const decisions = decide(await decideInput({ build: 22631 }));
    assert.deepEqual(
      decisions.filter(({ kind }) => kind === 'version').map(({ subject }) => subject),
      ['TLS 1.3', 'TLS 1.2', 'TLS 1.1', 'TLS 1.0', 'SSL 3.0', 'SSL 2.0'],
    );
    const suites = decisions.filter(({ kind }) => kind === 'suite');
    assert.equal(suites.length, 22);
    assert.equal(suites[0]?.subject, 'TLS_AES_256_GCM_SHA384');
  });

  it('has what a list leaves out, once, and passes over names of nothing', async () => {
    const policySuites = ['TLS_RSA_WITH_AES_128_CBC_SHA_P256', 'TLS_RSA_WITH_AES_128_CBC_SHA', 'NONSENSE'];
    const suites = decide(await decideInput({ policySuites })).filter(({ kind }) => kind === 'suite');
    assert.equal(suites[0]?.subject, 'TLS_RSA_WITH_AES_128_CBC_SHA');
    assert.deepEqual(
      suites.filter(({ answer }) => answer === 'yes').map(({ subject }) => subject),
      ['TLS_RSA_WITH_AES_128_CBC_SHA'],
    );
    assert.equal(suites.length, 22);
  });
});
