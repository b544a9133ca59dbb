import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ChallengeCertificate } from '#lib/apps/acme/challenge/challenge-certificate.js';
import { type ChallengeContexts, OpenChallenges } from '#lib/apps/acme/challenge/tls-alpn.js';
import { createSecureContext, type SecureContext } from '#lib/tls/secure-context/secure-context.js';
import { taskFor } from '../../../../support/acme-order.js';
import { skip } from '../../../../support/skip.js';

describe('apps/acme/challenge/tls-alpn', () => {
  let opened: ChallengeCertificate[];
  let closed: SecureContext[];
  let challenges: OpenChallenges;
  const contexts: ChallengeContexts = {
    open: (certificate) => {
      opened.push(certificate);
      return Promise.resolve(createSecureContext(certificate));
    },
    close: (each) => closed.push(each),
  };
  beforeEach(() => {
    opened = [];
    closed = [];
    challenges = new OpenChallenges(contexts, 0);
  });

  const planFor = async (value: string, token: string) =>
    challenges.plan(taskFor('tls-alpn-01', value, token));

  it('shows the certificate while the challenge is open, under the name that is asked for', async () => {
    const plan = await planFor('192.0.2.1', 'a');
    assert.deepEqual(plan, { type: 'ip', value: '192.0.2.1', keyAuthorization: 'a.thumbprint' });
    assert.equal(await challenges.contextFor('1.2.0.192.in-addr.arpa'), null);
    await challenges.show(plan);
    assert.ok(await challenges.contextFor('1.2.0.192.in-addr.arpa'));
    assert.equal(await challenges.contextFor('192.0.2.1'), null);
    assert.equal(new X509Certificate(opened[0]?.cert ?? '').subjectAltName, 'IP Address:192.0.2.1');
    await challenges.undo(plan);
    assert.equal(await challenges.contextFor('1.2.0.192.in-addr.arpa'), null);
    assert.equal(closed.length, 1);
  });

  it('has one challenge for a name: the end of an earlier one leaves it alone', async () => {
    const [one, two] = [await planFor('bar.example', 'one'), await planFor('bar.example', 'two')];
    await challenges.show(one);
    const first = await challenges.contextFor('bar.example');
    await challenges.show(two);
    assert.deepEqual(closed, [first]);
    await challenges.undo(one);
    const second = await challenges.contextFor('bar.example');
    assert.ok(second !== null && second !== first);
    await challenges.undo(two);
    assert.deepEqual(closed, [first, second]);
  });

  it('gives the same certificate to clients that come at once', async () => {
    const plan = await planFor('bar.example', 'one');
    await challenges.show(plan);
    const [first, second] = await Promise.all([1, 2].map(() => challenges.contextFor('bar.example')));
    assert.equal(first, second);
    assert.equal(opened.length, 1);
    await challenges.undo(plan);
  });

  it('says what Windows has against the key, and tries again', async () => {
    let isBroken = true;
    const troubled = new OpenChallenges(
      {
        open: (certificate) =>
          isBroken
            ? Promise.reject(new Error('no profile'))
            : Promise.resolve(createSecureContext(certificate)),
        close: (each) => closed.push(each),
      },
      0,
    );
    const plan = await planFor('bar.example', 'one');
    await assert.rejects(troubled.show(plan), { code: 'ERR_SCHANNEL_ACME_CHALLENGE', message: /no profile/ });
    await assert.rejects(Promise.resolve(troubled.contextFor('bar.example')), /no profile/);
    isBroken = false;
    assert.ok(await troubled.contextFor('bar.example'));
    await troubled.undo(plan);
    assert.equal(await troubled.contextFor('bar.example'), null);
  });

  describe('with a folder', () => {
    let folder: string;
    let serving: OpenChallenges;
    let ordering: OpenChallenges;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'schannel-challenges-'));
      serving = new OpenChallenges(contexts, 0, folder);
      ordering = new OpenChallenges(contexts, 0, folder);
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('is answered by another process, which is the only one that makes a certificate', async () => {
      const plan = await planFor('bar.example', 'one');
      await ordering.show(plan);
      assert.equal(opened.length, 0);
      const first = await serving.contextFor('bar.example');
      assert.ok(first !== null && first === (await serving.contextFor('bar.example')));
      assert.equal(await serving.contextFor('foo.example'), null);
      assert.equal(opened.length, 1);
      // After a crash, another process ends it. The one that serves notices with the next client of the kind.
      await new OpenChallenges(contexts, 0, folder).undo(plan);
      assert.deepEqual([await readdir(folder), closed], [[], []]);
      assert.equal(await serving.contextFor('foo.example'), null);
      assert.deepEqual(closed, [first]);
    });

    it('removes what it does not show, since others could have written it', async function () {
      if (process.platform === 'win32') skip(this, 'Windows has no modes of files');
      const plan = await planFor('bar.example', 'one');
      await ordering.show(plan);
      await chmod(folder, 0o777);
      await assert.rejects(serving.contextFor('bar.example'), { code: 'ERR_SCHANNEL_ACME_STATE' });
      await ordering.undo(plan);
      assert.deepEqual(await readdir(folder), []);
    });

    it('shows a later challenge for the same name', async () => {
      const [one, two] = [await planFor('bar.example', 'one'), await planFor('bar.example', 'two')];
      await ordering.show(one);
      const first = await serving.contextFor('bar.example');
      await ordering.show(two);
      await ordering.undo(one);
      const second = await serving.contextFor('bar.example');
      assert.ok(second !== null && second !== first);
      assert.deepEqual(closed, [first]);
      await ordering.undo(two);
    });
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
