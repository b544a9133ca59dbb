import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { AuthorityFolders, QUICK_KEY, setClock, URL_OF_TESTS } from '../../../support/authority-folder.js';

describe('apps/authority/ledger', () => {
  const folders = new AuthorityFolders();
  after(() => folders.remove());

  it('says which process has the authority, and which file to delete if it is gone', async () => {
    const folder = folders.next();
    const machine = setClock();
    const system = {
      ...machine,
      isRunning: () => true,
      clock: {
        ...machine.clock,
        after: (milliseconds: number, callback: () => void) => {
          // Nobody waits for half a minute.
          machine.advance(milliseconds * 1000);
          setImmediate(callback);
          return () => undefined;
        },
      },
    };
    const authority = await CertificateAuthority.init(
      folder,
      { subject: 'CN=Test Root', key: QUICK_KEY, url: URL_OF_TESTS },
      system,
    );
    const { host, space } = system;
    writeFileSync(path.join(folder, 'lock'), JSON.stringify({ pid: 20, host, space, since: 1 }));
    await assert.rejects(authority.crl(), (error: Error & { code: string; advice: string }) => {
      assert.equal(error.code, 'ERR_SCHANNEL_CA_LOCKED');
      assert.match(error.message, /^The authority is in use by process 20 on /);
      assert.ok(error.advice.endsWith(`delete ${path.join(folder, 'lock')}.`));
      return true;
    });
  });
});
