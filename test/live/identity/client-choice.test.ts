import assert from 'node:assert/strict';
import { native } from '#lib/native/load.js';
import type { NativeHandleCounts, NativePlatform } from '#lib/native/binding.js';
import { ClientCredential } from '#lib/tls/credential/client-credential.js';
import { outlineOf } from '#lib/formats/x509/outline.js';
import { createSecureContext, releaseUnusedResources, type CertificateRequest } from 'schannel';
import type { TestCertificate } from '../../support/certificates.js';
import { issueClient, withStored } from '../../support/client-identity.js';
import { handlesBackTo, settledCounts } from '../../support/native-store.js';
import { skipOnDouble } from '../../support/windows.js';
import { createSession } from '../native/client.js';

/** Windows 11 reports a server's request. Wine never does, so this test sees only our side. */
const WINDOWS: NativePlatform = { build: 22631, wine: null };
const WINE: NativePlatform = { build: 19043, wine: '10.0' };

describe('the credential of a client that chooses', () => {
  let alice: TestCertificate;
  let handles: NativeHandleCounts;
  before(async () => {
    handles = await settledCounts();
    alice = await issueClient('alice');
  });
  after(async () => {
    await releaseUnusedResources();
    await handlesBackTo(handles);
  });

  const shown = (credential: ClientCredential): Buffer[] =>
    credential.certificates.map((der) => Buffer.from(der));

  it('shows nobody until the server asks, then who is chosen', async () => {
    await withStored(alice, async (certificate) => {
      const requests: CertificateRequest[] = [];
      const context = createSecureContext({
        certificate: (request) => {
          requests.push(request);
          return certificate;
        },
      });
      const credential = new ClientCredential(context, 'host.example', WINDOWS);
      assert.equal(credential.chooses, true);
      const first = await credential.acquire();
      assert.deepEqual([requests.length, shown(credential)], [0, []]);
      const name = Buffer.from(outlineOf(certificate.raw).issuer);
      const chosen = await credential.choose([name]);
      assert.notEqual(chosen, null);
      assert.notEqual(chosen, first);
      assert.deepEqual(shown(credential), [Buffer.from(alice.der)]);
      assert.deepEqual(
        requests.map(({ issuers, servername }) => [issuers, servername]),
        [[[name], 'host.example']],
      );
      credential.release();
      await releaseUnusedResources();
    });
  });

  it('is offered those whom the server accepts', async () => {
    const own = (await issueClient('another')).der;
    await withStored(alice, async (certificate) => {
      let offered: readonly string[] = [];
      const context = createSecureContext({
        certificate: async ({ candidates }) => {
          offered = (await candidates()).map(({ thumbprint }) => thumbprint);
          return null;
        },
      });
      const credential = new ClientCredential(context, '', WINDOWS);
      for (const issuers of [null, [], [outlineOf(certificate.raw).issuer]]) {
        await credential.choose(issuers);
        assert.ok(offered.includes(certificate.thumbprint));
      }
      await credential.choose([outlineOf(own).subject]);
      assert.ok(!offered.includes(certificate.thumbprint), 'of another issuer');
      credential.release();
      await releaseUnusedResources();
    });
  });

  it('goes on with nobody when nobody is chosen', async () => {
    const context = createSecureContext({ certificate: () => null });
    const credential = new ClientCredential(context, '', WINDOWS);
    await credential.acquire();
    assert.equal(await credential.choose(null), null);
    assert.deepEqual(shown(credential), []);
    credential.release();
  });

  it('is asked before the handshake where nothing reports a request', async function () {
    skipOnDouble(this, 'it reports each request');
    await withStored(alice, async (certificate) => {
      const context = createSecureContext({
        certificate: ({ issuers }) => (issuers === null ? certificate : null),
      });
      const credential = new ClientCredential(context, '', WINE);
      assert.equal(credential.chooses, false);
      await credential.acquire();
      assert.deepEqual(shown(credential), [Buffer.from(alice.der)]);
      credential.release();
      await releaseUnusedResources();
    });
  });

  it('keeps credentials apart that are chosen by different functions, or not at all', async () => {
    const choose = (): null => null;
    const credentialFor = async (certificate: (() => null) | null) => {
      const credential = new ClientCredential(createSecureContext({ certificate }), '', WINDOWS);
      const acquired = await credential.acquire();
      credential.release();
      return acquired;
    };
    const acquired = [
      await credentialFor(null),
      await credentialFor(choose),
      await credentialFor(() => null),
    ];
    assert.equal(new Set(acquired).size, 3, 'or sessions of one would be resumed by another');
    assert.equal(await credentialFor(choose), acquired[1]);
  });

  it('gives back what comes after it was given up', async () => {
    const credential = new ClientCredential(createSecureContext(), '', WINDOWS);
    const acquiring = credential.acquire();
    credential.release();
    await acquiring;
    assert.deepEqual(shown(credential), []);
  });

  it('can be set for a session that is idle and open', async () => {
    const credential = new ClientCredential(createSecureContext(), 'localhost', native().platform);
    const acquired = await credential.acquire();
    const session = createSession(acquired);
    const step = new Promise((resolve) => {
      session.handshake([], resolve);
    });
    assert.throws(() => session.setCredential(null), /busy/);
    await step;
    session.setCredential(acquired);
    session.setCredential(null);
    const foreign = {} as typeof acquired;
    assert.throws(() => session.setCredential(foreign), /wrong class/);
    session.close();
    assert.throws(() => session.setCredential(null), /closed/);
    credential.release();
  });
});
