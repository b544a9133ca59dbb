import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { AuthorityFolders, newKey } from '../../../support/authority-folder.js';
import type { ChildTask } from '../../../support/authority-child.js';
import { wasKilled } from '../../../support/killing.js';

const CHILD = require.resolve('../../../support/authority-child.js');

/** More than one issue and one revocation write. */
const MOST_WRITES = 60;

describe('apps/authority/certificate-authority: killed', () => {
  const folders = new AuthorityFolders();
  after(() => folders.remove());

  for (const torn of [false, true]) {
    it(`leaves no certificate without a record, after whatever write (${torn ? 'half of it' : 'all of it'})`, async () => {
      const { folder: base } = await folders.root();
      const mended = new Set<string>();
      let writes = 0;
      for (let ended = false; !ended;) {
        writes += 1;
        assert.ok(writes < MOST_WRITES);
        const folder = folders.next();
        cpSync(base, folder, { recursive: true });
        const task: ChildTask = { folder, task: 'change', killAfter: writes, torn };
        const child = spawnSync(process.execPath, [CHILD, JSON.stringify(task)], { encoding: 'utf8' });
        ended = !wasKilled(child);
        if (ended) assert.equal(child.status, 0, child.stderr);
        const given = child.stdout.split('\n').filter((line) => line !== '');
        (await examine(folder, given)).forEach((what) => mended.add(what.replace(/[0-9A-F]{32}/, 'N')));
      }
      // Otherwise it was never killed where it matters.
      const expected = [
        'the certificate N was never finished, and was revoked',
        torn
          ? 'the last line of the log was incomplete, and was removed'
          : 'the file of the certificate N was missing, and was written again',
      ];
      assert.deepEqual([...mended].sort(), expected);
    });
  }

  /** Opens what is left, and works on with it. @returns what was put in order */
  async function examine(folder: string, given: readonly string[]): Promise<readonly string[]> {
    const authority = await CertificateAuthority.open(folder, { passphrase: 'secret' });
    const records = authority.certificates();
    const issued = records.filter(({ state }) => state === 'issued').map(({ serialNumber }) => serialNumber);
    const present = readdirSync(path.join(folder, 'certificates'))
      .filter((name) => name.endsWith('.pem'))
      .map((name) => name.replace('.pem', ''));
    assert.deepEqual(present.sort(), issued.sort());
    for (const serial of given)
      assert.ok(issued.includes(serial), 'a certificate that was given away is recorded');
    assert.ok(records.every(({ state, revoked }) => state !== 'abandoned' || revoked !== null));
    await authority.crl({ ifDue: true });
    await authority.issue({ publicKey: newKey(), names: { dns: ['after.example'] } });
    assert.deepEqual((await authority.verify()).problems, []);
    return authority.mended;
  }
});
