import assert from 'node:assert/strict';
import { completeRequest, pendingRequests } from 'schannel/pki';
import { runFixture } from '../../support/child.js';
import { schannel } from '../../support/schannel-process.js';
import { isInStore, signedRequests } from '../../support/signed-requests.js';

describe('a completion that is killed', () => {
  const requests = signedRequests();

  // 1 the certificate, 2 the authority above it, 3 the entry of the request.
  for (const deadly of [1, 2, 3]) {
    it(`before step ${deadly} leaves the request pending, says what is there, and is completed again`, async () => {
      const { created, file } = await requests.next('shop');
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
      assert.equal(await isInStore('REQUEST', created.reference.slice(-40)), false);
    });
  }

  it('is over with these steps', async () => {
    const { file } = await requests.next();
    assert.equal((await runFixture('killed-completion', { args: [file] })).stdout, '3');
  });
});
