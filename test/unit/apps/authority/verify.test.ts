import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { AuthorityFolders, DAY_MS, newKey, setClock } from '../../../support/authority-folder.js';

describe('apps/authority/verify', () => {
  const folders = new AuthorityFolders();
  after(() => folders.remove());

  async function authorityWithTwo(): Promise<CertificateAuthority> {
    const root = await folders.root();
    await root.issue({ publicKey: newKey(), names: { dns: ['one.example'] } });
    await root.issue({ publicKey: newKey(), names: { dns: ['two.example'] } });
    return root;
  }
  const fileOf = ({ folder }: CertificateAuthority, index: number): string =>
    path.join(folder, 'certificates', readdirSync(path.join(folder, 'certificates')).sort()[index] ?? '');

  it('finds nothing wrong with a good one', async () => {
    const { problems, certificates, events } = await (await authorityWithTwo()).verify();
    assert.deepEqual(problems, []);
    assert.deepEqual([certificates, events], [2, 7]);
  });

  it('finds files that are missing, changed, or another certificate', async () => {
    const root = await authorityWithTwo();
    const [one, two] = [fileOf(root, 0), fileOf(root, 1)];
    writeFileSync(one, readFileSync(two));
    rmSync(two);
    rmSync(path.join(root.folder, 'ca.pem'));
    const { problems } = await root.verify();
    assert.deepEqual(
      problems.map((problem) => problem.replace(/[0-9A-F]{32}/, 'N').replace(root.folder, '…')).sort(),
      [
        'the file of the certificate N is missing; the log has it',
        'the file of the certificate N was changed; the log has the right one',
        `…${path.sep}ca.pem is missing`,
      ].sort(),
    );
    const record = root.certificates()[0];
    assert.ok(record);
    assert.match(await root.pemOf(record), /BEGIN CERTIFICATE/);
  });

  it('finds a list that is missing, old, or expired', async () => {
    const clock = setClock();
    const root = await folders.root({}, clock);
    const file = path.join(root.folder, 'crl', 'test-root.crl');
    const old = readFileSync(file);
    await root.crl();
    clock.advance(8 * DAY_MS);
    assert.deepEqual((await root.verify()).problems, ['the revocation list has expired']);
    writeFileSync(file, old);
    assert.match((await root.verify()).problems.join(), /is not the last list \(number 2\)/);
    assert.equal(await root.presentCrl(), null);
    assert.equal((await root.crl({ ifDue: true })).number, 3);
  });

  it('finds an older copy by a hash that was noted down', async () => {
    const root = await authorityWithTwo();
    const copy = folders.next();
    cpSync(root.folder, copy, { recursive: true });
    const early = root.head;
    await root.issue({ publicKey: newKey(), names: { dns: ['three.example'] } });
    const { head } = root;
    assert.deepEqual((await root.verify({ head: early })).problems, []);
    const older = await CertificateAuthority.open(copy, { withoutKey: true });
    assert.match((await older.verify({ head })).problems.join(), /does not contain the line with the hash/);
  });

  it('finds certificates that are others than those that were to be signed', async () => {
    const root = await authorityWithTwo();
    const { EventLog } = await import('#lib/apps/authority/event-log.js');
    const events = await root.events();
    const file = path.join(root.folder, 'log.jsonl');
    writeFileSync(file, '');
    const log = new EventLog(file, root.folder);
    await log.read(() => undefined);
    const serial = root.find('two.example').serialNumber;
    for (const { time, ...event } of events) {
      const isIt = event.event === 'issuing' && event.serial === serial;
      await log.append(isIt ? { ...event, body: '0'.repeat(64) } : event, time);
    }
    const again = await CertificateAuthority.open(root.folder, { withoutKey: true });
    assert.deepEqual(
      (await again.verify()).problems.map((problem) => problem.replace(/[0-9A-F]{32}/, 'N')),
      ['the certificate N has another content than the log says was signed'],
    );
  });

  it('finds certificates of another authority in a log that is well formed', async () => {
    const root = await folders.root();
    const other = await folders.root({ subject: 'CN=Other' });
    await other.issue({ publicKey: newKey(), names: { dns: ['x.example'] } });
    const { EventLog } = await import('#lib/apps/authority/event-log.js');
    const foreign = (await other.events()).filter(({ event }) => event === 'issuing' || event === 'issued');
    const log = new EventLog(path.join(root.folder, 'log.jsonl'), root.folder);
    await log.read(() => undefined);
    for (const event of foreign) await log.append(event, new Date(Date.now() + 60_000).toISOString());
    assert.match((await root.verify()).problems.join(), /was not signed by this authority/);
  });
});
