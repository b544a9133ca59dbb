import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { isLasting, strictTransport } from '#lib/web/headers/strict-transport.js';
import { TestAuthority } from '../../../support/certificates.js';

describe('web/headers/strict-transport', () => {
  it('is off, or 60 days, or as long as it is told', () => {
    assert.equal(strictTransport(), null);
    assert.equal(strictTransport(false), null);
    assert.equal(strictTransport(true), 'max-age=5184000');
    assert.equal(strictTransport({ maxAge: 300, includeSubDomains: true }), 'max-age=300; includeSubDomains');
  });

  for (const [given, code] of [
    ['yes', 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    [{ maxAge: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ maxAge: 1e9 }, 'ERR_OUT_OF_RANGE'],
    [{ maxAge: '300' }, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(() => strictTransport(given as never), { code });
    });
  }

  it('lasts with a certificate of an authority, and not with one for trying out or a self-signed one', async () => {
    for (const [issuer, lasts] of [
      ['CN=R11, O=Corp', true],
      ["CN=(STAGING) Riddling Rhubarb R12, O=(STAGING) Let's Encrypt", false],
      ['CN=Pebble Intermediate CA 4c6fe1', false],
    ] as const) {
      const authority = await TestAuthority.create(issuer, { key: 'rsa' });
      const leaf = new X509Certificate((await authority.issue({ key: 'rsa' })).cert);
      assert.equal(isLasting({ getX509Certificate: () => leaf }), lasts, issuer);
      const self = new X509Certificate(authority.certificate.cert);
      assert.equal(isLasting({ getX509Certificate: () => self }), false);
    }
    assert.equal(isLasting({ getX509Certificate: () => undefined }), false);
  });
});
