import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { matchOf, planCompletion } from '#lib/windows/request/completion-plan.js';
import { daysFromNow, sharedRoot, type TestCertificate } from '../../../support/certificates.js';
import { signCertificate } from '#lib/formats/x509/certificate-writer.js';
import { basicConstraints } from '#lib/formats/x509/extension-writer.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { memorySigner } from '../../../support/memory-signer.js';

describe('windows/request/completion-plan', () => {
  const issued = async (kind: 'P-256' | 'P-384', subject: string, days = 0): Promise<X509Certificate> =>
    new X509Certificate(
      await signCertificate(
        {
          subject: commonName(subject),
          issuer: commonName('issuer'),
          publicKey: memorySigner(kind).publicKey,
          notBefore: daysFromNow(days),
          notAfter: daysFromNow(days + 10),
          extensions: [basicConstraints(false)],
        },
        memorySigner('rsa'),
      ),
    );
  const request = (
    kind: 'P-256' | 'P-384',
    name: string,
    subject = 'CN=any',
  ): { publicKey: X509Certificate['publicKey']; name: string; subject: string } => ({
    publicKey: memorySigner(kind).publicKey,
    name,
    subject,
  });

  it('goes by the key, whatever the names are', async () => {
    const certificate = await issued('P-384', 'another name');
    const match = matchOf([await issued('P-256', 'x'), certificate], [request('P-384', 'wanted')]);
    assert.equal(match?.certificate, certificate);
    assert.equal(match.request.name, 'wanted');
  });

  it('finds nothing without the key', async () => {
    assert.equal(
      matchOf(
        [await issued('P-256', 'x')],
        [request('P-384', 'x'), { ...request('P-256', 'x'), publicKey: null }],
      ),
      null,
    );
    assert.equal(matchOf([], [request('P-384', 'x')]), null);
  });

  it('takes the newest certificate and the newest request of one key', async () => {
    const old = await issued('P-256', 'old', -5);
    const renewed = await issued('P-256', 'new', 0);
    for (const file of [
      [old, renewed],
      [renewed, old],
    ]) {
      const match = matchOf(file, [request('P-256', 'first'), request('P-256', 'second')]);
      assert.equal(match?.certificate.subject, 'CN=new');
      assert.equal(match.request.name, 'second');
    }
  });

  it('prefers the request with the subject of the certificate among those with its key', async () => {
    const requests = [
      request('P-256', 'first', 'CN=x'),
      request('P-256', 'second', 'CN=x'),
      request('P-256', 'third', 'CN=y'),
    ];
    const match = matchOf([await issued('P-256', 'x')], requests);
    assert.equal(match?.request.name, 'second');
    assert.equal(matchOf([await issued('P-256', 'z')], requests)?.request.name, 'third');
  });

  it('refuses to guess between requests with different keys', async () => {
    const file = [await issued('P-256', 'one'), await issued('P-384', 'two')];
    assert.throws(() => matchOf(file, [request('P-256', 'a'), request('P-384', 'b')]), {
      code: 'ERR_SCHANNEL_REQUEST_AMBIGUOUS',
      message: /CN=one.*CN=two|CN=two.*CN=one/,
    });
  });

  it('takes the authorities above the certificate from the file, and nothing else', async () => {
    const anchor = await sharedRoot();
    const middle = await anchor.authority('CN=schannel test middle');
    const stranger = await (await anchor.authority('CN=stranger')).issue();
    const leaf = await middle.issue({ subject: 'CN=leaf.test' });
    const parsed = ({ cert }: TestCertificate): X509Certificate => new X509Certificate(cert);
    const certificate = parsed(leaf);
    const all = [stranger, anchor.certificate, leaf, middle.certificate].map(parsed);
    const plan = planCompletion(certificate, certificate.publicKey, all, null);
    assert.deepEqual(
      plan.authorities.map(({ subject }) => subject),
      ['CN=schannel test middle'],
    );
    assert.deepEqual(
      plan.roots.map(({ subject }) => subject),
      [parsed(anchor.certificate).subject],
    );
    assert.deepEqual(plan.others, []);
    assert.equal(plan.identities[0]?.certificate, certificate);
  });
});
