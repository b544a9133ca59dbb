import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from '#lib/tls/secure-context/secure-context.js';

const {
  SSL_OP_ALL,
  SSL_OP_LEGACY_SERVER_CONNECT,
  SSL_OP_NO_SSLv3,
  SSL_OP_NO_TICKET,
  SSL_OP_NO_TLSv1,
  SSL_OP_NO_TLSv1_1,
  SSL_OP_NO_TLSv1_2,
  SSL_OP_NO_TLSv1_3,
} = constants;

const rangeOf = (secureOptions: number, options: SecureContextOptions = {}): string[] => {
  const { min, max } = createSecureContext({ secureOptions, ...options }).protocols;
  return [min, max];
};

describe('tls/secure-context/secure-options', () => {
  it('remove versions', () => {
    assert.deepEqual(rangeOf(SSL_OP_NO_TLSv1_3), ['TLSv1.2', 'TLSv1.2']);
    assert.deepEqual(rangeOf(SSL_OP_NO_TLSv1_2), ['TLSv1.3', 'TLSv1.3']);
    const all = { minVersion: 'TLSv1' } as const;
    assert.deepEqual(rangeOf(SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1, all), ['TLSv1.2', 'TLSv1.3']);
    assert.deepEqual(rangeOf(SSL_OP_NO_TLSv1, { secureProtocol: 'TLS_method' }), ['TLSv1.1', 'TLSv1.3']);
  });

  it('may contain bits for what Windows does anyway', () => {
    for (const harmless of [0, SSL_OP_ALL, SSL_OP_LEGACY_SERVER_CONNECT, SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1])
      assert.deepEqual(rangeOf(harmless), ['TLSv1.2', 'TLSv1.3']);
  });

  it('are refused if they leave no version, or remove one in the middle', () => {
    assert.throws(() => rangeOf(SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3), {
      code: 'ERR_TLS_INVALID_PROTOCOL_VERSION',
    });
    assert.throws(() => rangeOf(SSL_OP_NO_TLSv1_1, { minVersion: 'TLSv1' }), {
      code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      message: /between TLSv1 and TLSv1\.3/,
    });
  });

  it('are refused by their number if Windows has no counterpart', () => {
    assert.throws(() => rangeOf(SSL_OP_NO_TICKET | SSL_OP_ALL), {
      code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      message: /OpenSSL's switch 0x4000/,
    });
    assert.throws(() => rangeOf('all' as unknown as number), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
