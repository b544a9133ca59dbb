import assert from 'node:assert/strict';
import tls from 'node:tls';
import { contextFrom } from '#lib/tls/secure-context/factory.js';
import { createSecureContext, SecureContext } from '#lib/tls/secure-context/secure-context.js';

describe('tls/secure-context/factory', () => {
  it('takes a context or its options', () => {
    const made = createSecureContext();
    assert.equal(contextFrom(made), made);
    assert.ok(contextFrom({ maxVersion: 'TLSv1.2' }) instanceof SecureContext);
  });

  it('refuses a context of node:tls, which has none of our options', () => {
    assert.throws(() => contextFrom(tls.createSecureContext()), {
      name: 'TypeError',
      code: 'ERR_TLS_INVALID_CONTEXT',
      message: /SecureContext of this library/,
    });
  });
});
