import assert from 'node:assert/strict';
import { defaultsIn } from '#lib/adapters/register/environment.js';

describe('adapters/register/environment', () => {
  it('reads a certificate by its reference, or by its subject, and the mode of revocation', () => {
    assert.deepEqual(defaultsIn({ SCHANNEL_CERTIFICATE: 'ab'.repeat(20), SCHANNEL_REVOCATION: 'hard' }), {
      certificate: 'ab'.repeat(20),
      revocation: 'hard',
    });
    assert.deepEqual(defaultsIn({ SCHANNEL_CERTIFICATE: 'subject=CN=anna, O=Example' }), {
      certificate: { subject: 'CN=anna, O=Example' },
    });
  });

  it('gives none without them', () => {
    assert.deepEqual(defaultsIn({ SCHANNEL_CERTIFICATE: '', PATH: 'x' }), {});
  });
});
