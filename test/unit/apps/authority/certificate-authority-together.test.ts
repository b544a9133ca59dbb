import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { AuthorityFolders, newKey } from '../../../support/authority-folder.js';
import type { ChildTask } from '../../../support/authority-child.js';

const CHILD = require.resolve('../../../support/authority-child.js');
const EACH = 200;

describe('apps/authority/certificate-authority: together', () => {
  const folders = new AuthorityFolders();
  after(() => folders.remove());

  it(`lets two processes issue ${EACH} certificates each, with a serial number for each`, async () => {
    const { folder } = await folders.root();
    const run = async (): Promise<string[]> => {
      const task: ChildTask = { folder, task: 'issue', count: EACH };
      const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [output, [code]] = await Promise.all([
        text(child.stdout),
        once(child, 'exit') as Promise<[number]>,
      ]);
      assert.equal(code, 0);
      return output.trim().split('\n');
    };
    const serials = (await Promise.all([run(), run()])).flat();
    assert.equal(new Set(serials).size, 2 * EACH);
    const authority = await CertificateAuthority.open(folder, { passphrase: 'secret' });
    assert.deepEqual(
      new Set(authority.certificates().map(({ serialNumber }) => serialNumber)),
      new Set(serials),
    );
    assert.deepEqual((await authority.verify()).problems, []);
    assert.deepEqual(authority.mended, []);
  });

  it('sees at once what another one has revoked', async () => {
    const one = await folders.root();
    const other = await CertificateAuthority.open(one.folder, { passphrase: 'secret' });
    await other.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    await one.revoke('a.example');
    await assert.rejects(other.revoke('a.example'), { code: 'ERR_SCHANNEL_CA_REFUSED' });
  });

  it('does many things at once within one process', async () => {
    const authority = await folders.root();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        authority.issue({ publicKey: newKey(), names: { dns: [`h${index}.example`] } }),
      ),
    );
    assert.equal(authority.certificates().length, 20);
    assert.deepEqual((await authority.verify()).problems, []);
  });
});
