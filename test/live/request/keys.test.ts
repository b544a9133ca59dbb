import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { completeRequest, pendingRequests, readRequestInf } from 'schannel/pki';
import { generateKey, KEY_PROVIDERS, type GenerateKeyOptions } from 'schannel/store';
import { MS_ENH_RSA_AES_PROV } from '#lib/windows/key/providers.js';
import { listContainers } from '../../support/native-store.js';
import { OpensslAuthority } from '../../support/openssl-authority.js';
import { OwnRequests } from '../../support/own-requests.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { onDouble, onWine } from '../../support/windows.js';

describe('keys of certificate requests', () => {
  const id = randomUUID();
  const own = new OwnRequests(id);
  const dns = [`${id}.example`];
  let authority: OpensslAuthority;
  before(async function () {
    await needsPeer(this, 'openssl');
    authority = await OpensslAuthority.create(id);
  });
  afterEach(() => own.remove());

  /** OpenSSL's verdict on the request, and what it says of key and signature. */
  async function verified(pem: string): Promise<string> {
    const args = ['req', '-verify', '-noout', '-text', '-in', '{file:request}'];
    const peer = await startPeer('openssl', args, { files: { request: pem } });
    assert.equal((await peer.exited).code, 0, peer.output());
    return peer.output();
  }

  const KINDS: readonly (readonly [
    what: string,
    key: GenerateKeyOptions,
    padding: 'pss' | undefined,
    text: RegExp,
  ])[] = [
    ['RSA in the default provider', {}, undefined, /sha256WithRSAEncryption/],
    ['RSA 3072', { modulusLength: 3072 }, undefined, /3072 bit/],
    ['RSA in a CSP', { provider: MS_ENH_RSA_AES_PROV }, undefined, /sha256WithRSAEncryption/],
    ['RSA in the software provider', { provider: 'software' }, undefined, /sha256WithRSAEncryption/],
    ['RSA with PSS', {}, 'pss', /rsassaPss/],
    ['RSA in the TPM', { provider: 'tpm' }, undefined, /sha256WithRSAEncryption/],
    ['P-256 in the TPM', { provider: 'tpm', algorithm: 'ec' }, undefined, /ecdsa-with-SHA256/],
    ['P-256', { algorithm: 'ec' }, undefined, /ecdsa-with-SHA256/],
    ['P-384', { algorithm: 'ec', namedCurve: 'P-384' }, undefined, /ecdsa-with-SHA384/],
    ['P-521', { algorithm: 'ec', namedCurve: 'P-521' }, undefined, /ecdsa-with-SHA512/],
  ];
  for (const [what, key, padding, text] of KINDS) {
    it(`${what}: OpenSSL verifies the request, and the key signs for the certificate`, async function () {
      const needsCng =
        key.algorithm === 'ec' || ['software', 'tpm'].includes(key.provider ?? '') || padding === 'pss';
      if (needsCng && onWine()) skip(this, 'Wine keeps no keys of CNG');
      const created = await own.create({ dns, key: { silent: true, ...key }, padding });
      if (key.provider === 'tpm') assert.equal(created.keyLocation?.provider, KEY_PROVIDERS.tpm);
      assert.match(await verified(created.request.pem), text);
      using result = await completeRequest(await authority.sign(created.request.pem));
      assert.equal((await result.certificate.inspectKey())?.usable, true);
    });
  }

  it('a TPM that is missing leaves nothing', async function () {
    if (onDouble) skip(this, 'the double has a TPM');
    // Other tests make keys at the same time.
    const name = `schannel-test-tpm-${id}`;
    await assert.rejects(own.create({ dns, key: { provider: 'tpm', name } }), { phase: 'key' });
    assert.ok(!(await listContainers()).includes(name));
  });

  it('a padding that the provider cannot do leaves no key and no entry', async () => {
    const name = `schannel-test-pss-${id}`;
    const key = { provider: MS_ENH_RSA_AES_PROV, silent: true, name };
    await assert.rejects(own.create({ dns, key, padding: 'pss' }), { code: 'ERR_SCHANNEL_KEY_UNSUPPORTED' });
    assert.ok(!(await listContainers()).includes(name));
    assert.ok(
      !(await pendingRequests()).some(({ request }) => request?.names.dns.includes(dns[0] ?? '') === true),
    );
  });

  it('a key that is given stays open, and one that exists is used by its name', async () => {
    const name = `schannel-test-${id}`;
    const key = await generateKey({ name, silent: true });
    const { provider } = key.location;
    const created = await own.create({ dns, key });
    assert.deepEqual(created.keyLocation, key.location);
    assert.ok((await key.sign('sha256', Buffer.from('open'))).length > 0);
    await key.close();
    const again = await own.create({
      subject: `CN=again ${id}`,
      existingKey: { name, provider, silent: true },
    });
    assert.ok(again.request.publicKey.equals(created.request.publicKey));
    const inf = readRequestInf(
      `[NewRequest]\nSubject = "CN=third ${id}"\nKeyContainer = "${name}"\nUseExistingKeySet = TRUE\nProviderName = "${provider}"`,
    );
    const third = await own.create(inf);
    assert.ok(third.request.publicKey.equals(created.request.publicKey));
    // Three requests with one key: the one with the same subject is completed.
    using result = await completeRequest(await authority.sign(created.request.pem));
    assert.equal(result.request?.reference, created.reference);
  });
});
