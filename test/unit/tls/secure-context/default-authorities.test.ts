import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TestAuthority } from '../../../support/certificates.js';
import { runFixture } from '../../../support/child.js';

describe('tls/secure-context/default-authorities: NODE_EXTRA_CA_CERTS', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-extra-'));
  });
  after(() => rm(folder, { recursive: true }));

  const trustedBy = async (file: string): Promise<string> =>
    (await runFixture('extra-authorities', { args: [path.join(folder, file)] })).stdout;

  it('is trusted in addition to Windows, but not with ca or setDefaultCACertificates()', async () => {
    const root = await TestAuthority.create('CN=extra');
    await writeFile(path.join(folder, 'extra.pem'), root.certificate.cert);
    assert.equal(await trustedBy('extra.pem'), 'null CN=extra\n0\n0\n');
  });

  it('is ignored with a warning if it cannot be read', async () => {
    const lines = (await trustedBy('none.pem')).trim().split('\n');
    assert.deepEqual(lines.slice(0, 3), ['null ', '0', '0']);
    assert.match(lines[3] ?? '', /^Ignoring extra certs from ".*none\.pem"/);
  });

  it('is ignored with a warning if it contains no certificate', async () => {
    const page = '<html>\u001b[2J';
    await writeFile(path.join(folder, 'page.pem'), page);
    const lines = (await trustedBy('page.pem')).trim().split('\n');
    assert.match(lines[3] ?? '', /^Ignoring extra certs from ".*page\.pem".* it is HTML$/);
  });
});
