import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import { allowsCipher, parseCiphers } from '#lib/tls/secure-context/ciphers.js';

describe('tls/secure-context/ciphers', () => {
  it('leaves the choice to Windows if it excludes no suite', () => {
    for (const every of [constants.defaultCoreCipherList, 'ALL', 'DEFAULT@SECLEVEL=0', 'ALL@SECLEVEL=1']) {
      assert.equal(parseCiphers(every), null, every);
    }
    assert.equal(allowsCipher(null, 'AES128-SHA'), true);
  });

  it('is a list of names', () => {
    const ciphers = parseCiphers('AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256, AES256-SHA');
    assert.equal(allowsCipher(ciphers, 'AES256-SHA'), true);
    assert.equal(allowsCipher(ciphers, 'AES128-SHA256'), false);
  });

  it('limits the suites of TLS 1.3 only by naming one', () => {
    assert.equal(allowsCipher(parseCiphers('AES128-SHA'), 'TLS_AES_128_GCM_SHA256'), true);
    const ciphers = parseCiphers('AES128-SHA:TLS_AES_256_GCM_SHA384');
    assert.equal(allowsCipher(ciphers, 'TLS_AES_128_GCM_SHA256'), false);
    assert.equal(allowsCipher(ciphers, 'TLS_AES_256_GCM_SHA384'), true);
  });

  it("is refused with OpenSSL's terms", () => {
    for (const term of [
      'HIGH',
      '!aNULL',
      '-AES128-SHA',
      'kRSA+AES',
      '@STRENGTH',
      'ALL@SECLEVEL=3',
      'DEFAULT:!RC4',
    ]) {
      assert.throws(
        () => parseCiphers(`AES128-SHA:${term}`),
        { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED' },
        term,
      );
    }
  });
});
