import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CertificateFolderReport, importCertificateFolder, openStore } from 'schannel/store';
import { errorCode } from '#lib/base/errors/error-code.js';
import { native } from '#lib/native/load.js';
import { daysFromNow, TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { Footprint } from '../../support/footprint.js';

describe('importing a folder of certificates and keys', () => {
  const id = randomUUID();
  const name = `a.${id}.example`;
  let issuing: TestAuthority;
  let former: TestCertificate;
  let renewed: TestCertificate;
  let footprint: Footprint;
  let folder: string;

  before(async () => {
    const root = await TestAuthority.create(`CN=root ${id}`);
    issuing = await root.authority(`CN=issuing ${id}`);
    const issue = (from: number): Promise<TestCertificate> =>
      issuing.issue({ altNames: [`DNS:${name}`], notBefore: daysFromNow(from), key: 'rsa' });
    [former, renewed] = [await issue(-20), await issue(-2)];
    footprint = await Footprint.of(issuing.certificate, former, renewed);
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-folder-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await footprint.remove();
  });

  const put = async ({ cert, key }: TestCertificate): Promise<void> => {
    await writeFile(path.join(folder, `${name}.crt`), cert + issuing.certificate.cert);
    await writeFile(path.join(folder, `${name}.key`), key);
  };
  const summary = ({ names, certificates }: CertificateFolderReport): unknown => [
    names.map(({ outcome }) => outcome),
    certificates.map(({ outcome }) => outcome),
  ];

  it('imports what names need, reports the rest, and archives what came before', async () => {
    await put(former);
    const options = { names: [name, 'none.example'], archivePredecessors: true };
    const first = await importCertificateFolder(folder, options);
    assert.deepEqual(summary(first), [['found', 'missing'], ['imported']]);
    assert.deepEqual(await footprint.certificates(), [
      `CurrentUser\\CA CN=issuing ${id}`,
      'CurrentUser\\MY CN=localhost',
    ]);
    assert.deepEqual(summary(await importCertificateFolder(folder, options)), [
      ['found', 'missing'],
      ['present'],
    ]);

    await put(renewed);
    const [second] = (await importCertificateFolder(folder, options)).certificates;
    assert.equal(second?.outcome, 'imported');
    using store = await openStore('MY');
    const left = (await store.find({ dns: name })).map(({ thumbprint }) => thumbprint);
    if (native().platform.wine !== null) {
      // Wine 10 has no archived certificates.
      assert.equal(errorCode(second.error), 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED');
      assert.equal(left.length, 2);
    } else {
      assert.deepEqual([second.archived.length, second.error, left], [1, null, [second.thumbprint]]);
    }
  });
});
