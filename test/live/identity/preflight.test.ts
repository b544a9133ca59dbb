import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { preflight } from '#lib/tls/identity/preflight/preflight.js';
import type { IdentityRole } from '#lib/tls/identity/preflight/finding.js';
import { persistKey, removeKey } from '#lib/windows/key/keys.js';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { Certificate } from '#lib/windows/store/certificate.js';
import { connect, type SchannelError } from 'schannel';
import {
  daysFromNow,
  sharedRoot,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.js';
import { issueClient, withStored } from '../../support/client-identity.js';
import { end, handlesBackTo, settledCounts } from '../../support/native-store.js';
import { onWine } from '../../support/windows.js';

/** Every RSA key is with a CSP there. */
const OF_WINE = onWine() ? ['KEY_IN_CSP'] : [];

describe('preflight()', () => {
  let root: TestAuthority;
  let alice: TestCertificate;
  let handles: NativeHandleCounts;

  before(async () => {
    handles = await settledCounts();
    root = await sharedRoot();
    alice = await issueClient('alice');
  });
  after(() => handlesBackTo(handles));

  const codes = async (certificate: Certificate | string, role?: IdentityRole): Promise<string[]> =>
    (await preflight(certificate, role)).findings.map(({ code }) => code);

  /** A certificate by itself, which names a key or none. */
  async function withCertificate(
    der: Uint8Array,
    use: (certificate: Certificate) => Promise<void>,
  ): Promise<void> {
    const certificate = new Certificate(native().createCertificate(der), null);
    try {
      await use(certificate);
    } finally {
      certificate.close();
    }
  }

  it('finds nothing that would keep a good client from its work', async () => {
    await withStored(alice, async (certificate) => {
      const report = await preflight(certificate);
      assert.equal(report.usable, true);
      // Its root is in no store.
      assert.deepEqual(
        report.findings.map(({ code }) => code).sort(),
        [...OF_WINE, 'CHAIN_INCOMPLETE'].sort(),
      );
      assert.deepEqual(await codes(certificate.reference ?? ''), await codes(certificate.thumbprint));
    });
  });

  it('knows which side a certificate is for, and when', async () => {
    const expired = await root.issue({
      key: 'rsa',
      usages: ['serverAuth'],
      notBefore: daysFromNow(-9),
      notAfter: daysFromNow(-2),
    });
    await withStored(expired, async (certificate) => {
      const asClient = await preflight(certificate, 'client');
      assert.equal(asClient.usable, false);
      assert.deepEqual(
        asClient.findings.slice(0, 2).map(({ code }) => code),
        ['EKU_MISSING', 'EXPIRED'],
      );
      assert.deepEqual((await codes(certificate, 'server')).slice(0, 1), ['EXPIRED']);
    });
  });

  it('misses a key that is not there, or not where the certificate says', async () => {
    await withCertificate(alice.der, async (certificate) => {
      assert.ok((await codes(certificate)).includes('KEY_MISSING'));
      const nowhere = {
        container: `schannel-test-${randomUUID()}`,
        provider: 'Microsoft Enhanced RSA and AES Cryptographic Provider',
        providerType: 24,
        flags: 0,
        keySpec: 1,
      };
      await end((callback) => {
        certificate.native.setKeyLocation(nowhere, callback);
      });
      assert.ok((await codes(certificate)).includes('KEY_NOT_FOUND'));
    });
  });

  it('notices the key of another certificate', async () => {
    const bob = await issueClient('bob');
    const container = `schannel-test-${randomUUID()}`;
    const location = await persistKey(createPrivateKey(bob.key), {
      container,
      machine: false,
      exportable: false,
    });
    try {
      await withCertificate(alice.der, async (certificate) => {
        await end((callback) => {
          certificate.native.setKeyLocation(location, callback);
        });
        assert.ok((await codes(certificate)).includes('KEY_MISMATCH'));
        const error = await refusalOf({ raw: certificate.raw, keyLocation: location });
        assert.match(error.advice ?? '', /belongs to another certificate\. Import the certificate again/);
      });
    } finally {
      await removeKey(location);
    }
  });

  it('explains a connection that Windows has no credential for', async () => {
    const keyLocation = {
      container: `schannel-test-${randomUUID()}`,
      provider: 'Microsoft Enhanced RSA and AES Cryptographic Provider',
      providerType: 24,
      flags: 0,
      keySpec: 1,
    };
    const error = await refusalOf({ raw: alice.der, keyLocation });
    assert.equal(error.code, 'ERR_SCHANNEL_SYSTEM_CREDENTIAL');
    assert.match(error.advice ?? '', /not at its location.*Import the PFX again/);
  });

  it('refuses another role', async () => {
    await assert.rejects(preflight('A'.repeat(40), 'both' as IdentityRole), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
    await assert.rejects(preflight('A'.repeat(40)), { code: 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND' });
  });

  /** What a connection with this certificate fails with. */
  async function refusalOf(certificate: {
    readonly raw: Uint8Array;
    readonly keyLocation: Certificate['keyLocation'];
  }): Promise<SchannelError> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', certificate });
    const [error] = (await once(socket, 'error')) as [SchannelError];
    socket.destroy();
    server.close();
    await once(server, 'close');
    return error;
  }
});
