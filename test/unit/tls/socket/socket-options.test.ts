import assert from 'node:assert/strict';
import tls from 'node:tls';
import { createSecureContext } from '#lib/tls/secure-context/secure-context.js';
import { contextOf } from '#lib/tls/socket/socket-options.js';

describe('tls/socket/socket-options', () => {
  it('refuses what Schannel cannot honour, whether or not a context is given', () => {
    for (const secureContext of [undefined, createSecureContext()]) {
      const options = { secureContext, sigalgs: 'RSA-PSS+SHA256' };
      assert.throws(() => contextOf(options), {
        code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED',
        message: /sigalgs/,
      });
    }
  });

  it('uses the given context, which must be ours', () => {
    const secureContext = createSecureContext();
    assert.equal(contextOf({ secureContext, minVersion: 'TLSv1.3' }), secureContext);
    const foreign = { secureContext: tls.createSecureContext() as never };
    assert.throws(() => contextOf(foreign), { code: 'ERR_TLS_INVALID_CONTEXT' });
  });
});
