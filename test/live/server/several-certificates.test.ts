import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { TestCertificate } from '../../support/certificates.js';
import { issueServer, SchannelServer, serverRoot } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { needsVersion, onWine } from '../../support/windows.js';

describe('a server with a certificate for each type of key', () => {
  let server: SchannelServer | undefined;
  let rsa: TestCertificate;
  let ec: TestCertificate;
  before(async function () {
    if (onWine()) skip(this, "Wine's Schannel serves one certificate, with RSA");
    rsa = await issueServer();
    const intermediate = await (await serverRoot()).authority('CN=schannel servers elliptic');
    ec = await intermediate.issue({ key: 'ec' });
    server = await SchannelServer.start({
      cert: [rsa.cert, `${ec.cert}${intermediate.certificate.cert}`],
      key: [rsa.key, ec.key],
    });
  });
  after(() => server?.close());

  /** The certificate that a client gets with these suites or signature algorithms. */
  async function shown(options: object): Promise<Buffer> {
    assert.ok(server);
    const client = await server.opened(options);
    assert.equal(client.authorized, true);
    const { raw } = client.getPeerCertificate();
    client.destroy();
    return raw;
  }

  it('TLSv1.2: shows the one that fits the suites', async () => {
    const over12 = { maxVersion: 'TLSv1.2' };
    assert.deepEqual(
      await shown({ ...over12, ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' }),
      Buffer.from(rsa.der),
    );
    assert.deepEqual(
      await shown({ ...over12, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }),
      Buffer.from(ec.der),
    );
  });

  it('TLSv1.3: shows the one that fits the signatures', async function () {
    needsVersion(this, 'TLSv1.3');
    assert.deepEqual(await shown({ sigalgs: 'rsa_pss_rsae_sha256:RSA+SHA256' }), Buffer.from(rsa.der));
    assert.deepEqual(
      await shown({ sigalgs: 'ecdsa_secp256r1_sha256:RSA+SHA256' }),
      Buffer.from(new X509Certificate(ec.cert).raw),
    );
  });
});
