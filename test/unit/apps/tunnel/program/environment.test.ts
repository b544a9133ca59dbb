import assert from 'node:assert/strict';
import { environmentOf } from '#lib/apps/tunnel/program/environment.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { TestAuthority } from '../../../../support/certificates.js';

const NOBODY = { address: undefined, port: undefined, peer: null };

describe('apps/tunnel/program/environment', () => {
  let certificate: CertificateContents;

  before(async () => {
    const authority = await TestAuthority.create('CN=environment authority');
    const { der } = await authority.issue({ subject: 'CN=door' });
    certificate = new CertificateContents(der);
  });

  it('says who has connected, and with which verified certificate', () => {
    const peer = { certificate, isVerified: true };
    assert.deepEqual(environmentOf({ PATH: 'a' }, {}, { address: '192.0.2.7', port: 50312, peer }), {
      PATH: 'a',
      REMOTE_HOST: '192.0.2.7',
      REMOTE_PORT: '50312',
      SSL_CLIENT_DN: 'CN=door',
      SSL_CLIENT_I_DN: 'CN=environment authority',
    });
  });

  it('does not name a certificate that was not verified', () => {
    const peer = { certificate, isVerified: false };
    assert.deepEqual(environmentOf({}, {}, { ...NOBODY, peer }), {});
  });

  it('takes nothing about the client from elsewhere, in any spelling', () => {
    const others = { ssl_client_dn: 'CN=boss', REMOTE_HOST: '127.0.0.1' };
    assert.deepEqual(environmentOf(others, others, NOBODY), {});
  });

  it('keeps the secrets of the tunnel to itself', () => {
    assert.deepEqual(environmentOf({ Schannel_Password: 'a', SCHANNEL_PROXY_PASSWORD: 'b' }, {}, NOBODY), {});
  });

  it('prefers what the options say, in any spelling', () => {
    assert.deepEqual(environmentOf({ Path: 'a', B: 'b' }, { PATH: 'c' }, NOBODY), { B: 'b', PATH: 'c' });
  });
});
