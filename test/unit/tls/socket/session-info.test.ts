import assert from 'node:assert/strict';
import { cipherOf, ephemeralKeyOf, opensslName, protocolOf } from '#lib/tls/socket/session-info.js';
import { connectionOf } from '../../../support/connection.js';

describe('tls/socket/session-info', () => {
  it("have OpenSSL's names of Windows' suites", () => {
    const names = {
      TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
      TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
      TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
      TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
      TLS_DHE_RSA_WITH_AES_256_GCM_SHA384: 'DHE-RSA-AES256-GCM-SHA384',
      TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
      TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
      TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
      TLS_PSK_WITH_AES_128_CBC_SHA256: 'PSK-AES128-SHA256',
    };
    for (const [iana, openssl] of Object.entries(names)) assert.equal(opensslName(iana), openssl);
  });

  it('are those of node:tls', () => {
    const connection = connectionOf('1.3');
    assert.equal(protocolOf(connection), 'TLSv1.3');
    assert.deepEqual(cipherOf(connection), {
      name: 'TLS_AES_256_GCM_SHA384',
      standardName: 'TLS_AES_256_GCM_SHA384',
      version: 'TLSv1.3',
    });
    assert.deepEqual(ephemeralKeyOf(connection), { type: 'ECDH', name: 'X25519', size: 253 });
  });

  it('make do with less where Windows tells less', () => {
    const info = {
      protocol: 0x800,
      cipher: 0x6610,
      cipherStrength: 256,
      hash: 0,
      hashStrength: 0,
      exchange: 0xae06,
      exchangeStrength: 256,
    };
    const connection = { ...connectionOf('1.2'), cipher: null, info };
    assert.equal(protocolOf(connection), 'TLSv1.2');
    assert.equal(cipherOf(connection), null);
    assert.deepEqual(ephemeralKeyOf(connection), { type: 'ECDH', size: 256 });
    assert.deepEqual(ephemeralKeyOf({ ...connection, info: null }), {});
  });
});
