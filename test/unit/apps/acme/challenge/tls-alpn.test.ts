import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { ChallengeCertificate } from '#lib/apps/acme/challenge/challenge-certificate.js';
import { OpenChallenges } from '#lib/apps/acme/challenge/tls-alpn.js';
import { createSecureContext, type SecureContext } from '#lib/tls/secure-context/secure-context.js';
import { taskFor } from '../../../../support/acme-order.js';

describe('apps/acme/challenge/tls-alpn', () => {
  let opened: ChallengeCertificate[];
  let closed: SecureContext[];
  let challenges: OpenChallenges;
  beforeEach(() => {
    opened = [];
    closed = [];
    challenges = new OpenChallenges({
      open: (certificate) => {
        opened.push(certificate);
        return Promise.resolve(createSecureContext(certificate));
      },
      close: (each) => closed.push(each),
    });
  });

  const planFor = async (value: string, token: string) =>
    challenges.plan(taskFor('tls-alpn-01', value, token));

  it('shows the certificate while the challenge is open, under the name that is asked for', async () => {
    const plan = await planFor('192.0.2.1', 'a');
    assert.deepEqual(plan, { type: 'ip', value: '192.0.2.1', keyAuthorization: 'a.thumbprint' });
    assert.equal(challenges.contextFor('1.2.0.192.in-addr.arpa'), null);
    await challenges.show(plan);
    assert.ok(challenges.contextFor('1.2.0.192.in-addr.arpa'));
    assert.equal(challenges.contextFor('192.0.2.1'), null);
    assert.equal(new X509Certificate(opened[0]?.cert ?? '').subjectAltName, 'IP Address:192.0.2.1');
    await challenges.undo(plan);
    assert.equal(challenges.contextFor('1.2.0.192.in-addr.arpa'), null);
    assert.equal(closed.length, 1);
  });

  it('has one challenge for a name: the end of an earlier one leaves it alone', async () => {
    const [one, two] = [await planFor('bar.example', 'one'), await planFor('bar.example', 'two')];
    await challenges.show(one);
    const first = challenges.contextFor('bar.example');
    await challenges.show(two);
    assert.deepEqual(closed, [first]);
    await challenges.undo(one);
    const second = challenges.contextFor('bar.example');
    assert.ok(second !== null && second !== first);
    await challenges.undo(two);
    assert.deepEqual(closed, [first, second]);
  });

  it('takes what another process has shown, or a damaged plan, for undone', async () => {
    await challenges.undo(await planFor('bar.example', 'one'));
    await challenges.undo({});
    assert.deepEqual(closed, []);
  });

  it('leaves wildcards to others', () => {
    assert.match(String(challenges.refuses({ type: 'dns', value: '*.bar.example' })), /wildcard/);
    assert.equal(challenges.refuses({ type: 'dns', value: 'bar.example' }), null);
    assert.equal(challenges.refuses({ type: 'ip', value: '192.0.2.1' }), null);
  });
});
