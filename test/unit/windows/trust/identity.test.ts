import assert from 'node:assert/strict';
import tls, { type PeerCertificate } from 'node:tls';
import { checkIdentity, listsHost } from '#lib/windows/trust/identity.js';
import { legacyPeerCertificate } from '#lib/windows/trust/peer-certificate.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { sharedRoot } from '../../../support/certificates.js';

describe('windows/trust/identity', () => {
  const peer = async (...altNames: string[]) =>
    legacyPeerCertificate([(await (await sharedRoot()).issue({ altNames })).der]);

  it('accepts the names and addresses that the certificate lists', async () => {
    const certificate = await peer('DNS:localhost', 'DNS:*.example.com', 'IP:127.0.0.1', 'IP:::1');
    for (const host of ['localhost', 'LOCALHOST', 'a.example.com', '127.0.0.1', '::1']) {
      assert.equal(checkIdentity(host, certificate), null, host);
    }
  });

  it("refuses others with node:tls's code and properties, and with the Windows status", async () => {
    const certificate = await peer('DNS:*.example.com');
    for (const host of ['example.com', 'a.b.example.com', 'localhost', '127.0.0.1']) {
      const error = checkIdentity(host, certificate);
      assert.ok(error instanceof SchannelError, host);
      assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
      assert.equal(error.statusName, 'CERT_E_CN_NO_MATCH');
      assert.equal(error.phase, 'verify');
      assert.match(error.message, /does not match certificate's altnames/);
      assert.ok('host' in error && 'reason' in error && 'cert' in error);
      assert.equal(error.host, host);
      assert.equal(error.cert, certificate);
    }
  });

  it("shows only a part of a certificate's content, and no control characters", () => {
    const altNames = Array.from({ length: 2000 }, (_, at) => `DNS:\u009b2J${at}.example`).join(', ');
    const names = { subject: { CN: '\u001b]52;c;aGk=\u0007' } } as PeerCertificate;
    for (const certificate of [{ ...names, subjectaltname: altNames }, names]) {
      const error = checkIdentity('a.example', certificate);
      assert.ok(error instanceof SchannelError && 'reason' in error);
      for (const text of [error.message, String(error.reason), error.stack ?? '']) {
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
        assert.ok(text.length < 3000);
      }
      assert.equal(error.cause, undefined);
    }
  });

  it('finds a listed host without reading the rest of the certificate, with the same answer', async () => {
    const { der } = await (
      await sharedRoot()
    ).issue({ altNames: ['DNS:localhost', 'DNS:*.example.com', 'IP:127.0.0.1'] });
    const certificate = legacyPeerCertificate([der]);
    for (const host of [
      'localhost',
      'a.example.com',
      '127.0.0.1',
      'example.com',
      'a.b.example.com',
      '127.0.0.2',
      '',
    ]) {
      assert.equal(listsHost(host, der), checkIdentity(host, certificate) === null, host);
    }
    assert.equal(listsHost('localhost', undefined), false);
    assert.equal(listsHost('localhost', Uint8Array.of(1, 2, 3)), false);
  });

  it('agrees with node:tls about malformed names', () => {
    const certificate = { subject: {}, subjectaltname: 'DNS:"a.example.com' } as PeerCertificate;
    const code = 'ERR_TLS_CERT_ALTNAME_FORMAT';
    assert.throws(() => tls.checkServerIdentity('a.example.com', certificate), { code });
    assert.throws(() => checkIdentity('a.example.com', certificate), { code });
  });

  it("returns the error of the caller's check unchanged", async () => {
    const own = new Error('not today');
    assert.equal(
      checkIdentity('localhost', await peer('DNS:localhost'), () => own),
      own,
    );
    assert.equal(
      checkIdentity('wrong', await peer('DNS:localhost'), () => undefined),
      null,
    );
  });
});
