import assert from 'node:assert/strict';
import { readOcspRequest } from '#lib/formats/revocation/ocsp-request.js';
import { type OcspAnswer, ocspRefusal, signOcspResponse } from '#lib/formats/revocation/ocsp-response.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { type SigningAuthority, signingAuthority } from '../../../support/signing-authority.js';

describe('formats/revocation/ocsp-response', () => {
  const openssl = new Openssl();
  let authority: SigningAuthority;
  before(async function () {
    needsOpenssl(this);
    authority = await signingAuthority('P-256');
    openssl.write('ca.pem', authority.certificate);
    openssl.write('leaf.pem', authority.leaf.certificate);
  });
  after(() => openssl.remove());

  /** What OpenSSL says about an answer to its own question. */
  async function judged(status: OcspAnswer['status'], ...options: string[]): Promise<string> {
    openssl.run('ocsp', '-issuer', 'ca.pem', ...options, '-cert', 'leaf.pem', '-reqout', 'request.der');
    const { questions, nonce } = readOcspRequest(openssl.read('request.der'));
    const producedAt = new Date();
    openssl.write(
      'response.der',
      await signOcspResponse(
        {
          answers: questions.map(({ id }) => ({ id, status })),
          producedAt,
          thisUpdate: producedAt,
          nextUpdate: new Date(producedAt.getTime() + 3_600_000),
          nonce,
          responder: null,
        },
        authority.signer,
      ),
    );
    return openssl.run(
      ...['ocsp', '-respin', 'response.der', '-reqin', 'request.der', '-issuer', 'ca.pem'],
      ...['-CAfile', 'ca.pem', '-resp_text'],
    );
  }

  it('is accepted by OpenSSL, with its nonce', async () => {
    const text = await judged('good');
    assert.match(text, /Cert Status: good/);
    assert.match(text, /OCSP Nonce/);
  });

  it('answers by the hash that the question has', async () => {
    assert.match(await judged('good', '-sha256'), /Hash Algorithm: sha256[^]*Cert Status: good/);
  });

  it('says when and why a certificate was revoked', async () => {
    const text = await judged({ revokedAt: new Date('2026-01-02T03:04:05Z'), reason: 'superseded' });
    assert.match(text, /Cert Status: revoked/);
    assert.match(text, /Revocation Time: Jan {2}2 03:04:05 2026 GMT\n\s+Revocation Reason: superseded/);
  });

  it('leaves out a reason that is not specified', async () => {
    const text = await judged({ revokedAt: new Date('2026-01-02T03:04:05Z'), reason: 'unspecified' });
    assert.match(text, /Cert Status: revoked/);
    assert.doesNotMatch(text, /Reason:/);
  });

  it('says that a certificate is unknown', async () => {
    assert.match(await judged('unknown'), /Cert Status: unknown/);
  });

  for (const [status, text] of [
    ['malformedRequest', 'malformedrequest (1)'],
    ['unauthorized', 'unauthorized (6)'],
    ['internalError', 'internalerror (2)'],
    ['tryLater', 'trylater (3)'],
  ] as const) {
    it(`refuses with ${status}`, () => {
      openssl.write('refusal.der', ocspRefusal(status));
      assert.throws(
        () => openssl.run('ocsp', '-respin', 'refusal.der', '-issuer', 'ca.pem', '-cert', 'leaf.pem'),
        new RegExp(`Responder Error: ${text.replace(/[()]/g, '\\$&')}`),
      );
    });
  }
});
