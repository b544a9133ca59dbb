import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { completeRequest, pendingRequests } from 'schannel/pki';
import { openStore } from 'schannel/store';
import { runFixture } from '../../support/child.js';
import { OpensslAuthority } from '../../support/openssl-authority.js';
import { OwnRequests } from '../../support/own-requests.js';
import { needsPeer } from '../../support/peers.js';
import { schannel } from '../../support/schannel-process.js';

describe('a completion that is killed', () => {
  const id = randomUUID();
  const own = new OwnRequests(id);
  let authority: OpensslAuthority;
  let folder: string;
  before(async function () {
    await needsPeer(this, 'openssl');
    authority = await OpensslAuthority.create(id);
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-killed-'));
  });
  after(async () => {
    await own.remove();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => own.remove());

  const isThere = async (name: string, thumbprint: string): Promise<boolean> => {
    using store = await openStore(name);
    return (await store.find({ thumbprint })).length > 0;
  };

  // 1 the certificate, 2 the authority above it, 3 the entry of the request.
  for (const deadly of [1, 2, 3]) {
    it(`before step ${deadly} leaves the request pending, says what is there, and is completed again`, async () => {
      const created = await own.create({ dns: [`${id}.example`], friendlyName: 'shop' });
      const { cert } = authority.issuing.certificate;
      const file = path.join(folder, `${deadly}.p7b`);
      writeFileSync(file, await authority.bundle(await authority.sign(created.request.pem), cert));
      const { code, stdout } = await runFixture('killed-completion', { args: [file, String(deadly)] });
      assert.notEqual(code, 0);
      assert.equal(stdout, '');

      const pending = (await pendingRequests()).find(({ reference }) => reference === created.reference);
      assert.ok(pending);
      assert.equal(pending.certificates.length, deadly === 1 ? 0 : 1);
      const { stdout: list } = await schannel(['csr', 'ls']);
      assert.equal(list.includes('has its key already'), deadly > 1, list);

      using result = await completeRequest(file);
      assert.deepEqual(
        result.placements.map(({ role, action }) => `${role} ${action}`),
        [
          deadly > 1 ? 'identity present' : 'identity added',
          deadly > 2 ? 'authority present' : 'authority added',
        ],
      );
      assert.equal((await result.certificate.inspectKey())?.usable, true);
      assert.equal(result.certificate.friendlyName, 'shop');
      assert.equal(await isThere('REQUEST', created.reference.slice(-40)), false);
    });
  }

  it('is over with these steps', async () => {
    const created = await own.create({ dns: [`${id}.example`] });
    const file = path.join(folder, 'all.p7b');
    writeFileSync(
      file,
      await authority.bundle(await authority.sign(created.request.pem), authority.issuing.certificate.cert),
    );
    assert.equal((await runFixture('killed-completion', { args: [file] })).stdout, '3');
  });
});
