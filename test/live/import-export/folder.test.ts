import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ImportFileReport, importPfxFolder } from 'schannel/store';
import { beginCalls } from '../../support/calls.js';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { Footprint } from '../../support/footprint.js';
import { derOf } from '../../support/key-material.js';
import { buildPfx } from '../../support/pfx-builder.js';

describe('importing a folder', () => {
  const id = randomUUID();
  let authority: TestCertificate;
  let certificates: TestCertificate[];
  let footprint: Footprint;
  let folder: string;

  before(async () => {
    const root = await TestAuthority.create(`CN=root ${id}`);
    const issuing = await root.authority(`CN=issuing ${id}`);
    authority = issuing.certificate;
    certificates = await Promise.all(
      ['a', 'b', 'c'].map((name) => issuing.issue({ subject: `CN=${name} ${id}`, key: 'rsa' })),
    );
  });
  beforeEach(async () => {
    footprint = await Footprint.of(authority, ...certificates);
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-import-'));
    mkdirSync(path.join(folder, 'inner'));
    const names = ['a.pfx', 'b.P12', path.join('inner', 'c.pfx')];
    for (const [index, certificate] of certificates.entries()) {
      const password = index === 1 ? 'other' : 'secret';
      writeFileSync(path.join(folder, names[index] ?? ''), pfx(certificate, password));
    }
    writeFileSync(path.join(folder, 'damaged.pfx'), pfx(certificates[0], 'secret').subarray(0, 500));
    writeFileSync(path.join(folder, 'readme.txt'), 'no PFX');
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await footprint.remove();
  });

  const pfx = (certificate: TestCertificate | undefined, password: string): Buffer => {
    assert.ok(certificate);
    const key = {
      key: derOf(certificate.key),
      encryption: '3des' as const,
      friendlyName: 'one name for all',
    };
    const bags = [{ certificate: authority.der }, { certificate: certificate.der }, key];
    return buildPfx({ parts: [{ bags }], iterations: 10, password });
  };
  const summary = (reports: readonly ImportFileReport[]): string[] =>
    reports.map((report) => {
      const what =
        report.outcome === 'failed' ? report.code : report.identities.map(({ subject }) => subject).join();
      return `${path.relative(folder, report.file)} ${report.outcome} ${String(what)}`;
    });

  it('reports each file, and one that fails stops no other', async () => {
    const seen: ImportFileReport[] = [];
    const reports = await importPfxFolder(folder, {
      password: 'secret',
      recursive: true,
      onReport: (report) => seen.push(report),
    });
    assert.deepEqual(summary(reports), [
      `a.pfx imported CN=a ${id}`,
      'b.P12 failed ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      'damaged.pfx failed ERR_SCHANNEL_IMPORT_DAMAGED',
      `${path.join('inner', 'c.pfx')} imported CN=c ${id}`,
    ]);
    assert.deepEqual(new Set(seen), new Set(reports));
    assert.deepEqual(await footprint.certificates(), [
      `CurrentUser\\CA CN=issuing ${id}`,
      `CurrentUser\\MY CN=a ${id}`,
      `CurrentUser\\MY CN=c ${id}`,
    ]);
    assert.equal(await footprint.keys(), 2);
  });

  it('tries several passwords, and skips what is there', async () => {
    const options = { passwords: ['wrong', 'other', 'secret'] };
    assert.deepEqual(summary(await importPfxFolder(folder, options)), [
      `a.pfx imported CN=a ${id}`,
      `b.P12 imported CN=b ${id}`,
      'damaged.pfx failed ERR_SCHANNEL_IMPORT_DAMAGED',
    ]);
    assert.deepEqual(summary(await importPfxFolder(folder, options)), [
      `a.pfx skipped CN=a ${id}`,
      `b.P12 skipped CN=b ${id}`,
      'damaged.pfx failed ERR_SCHANNEL_IMPORT_DAMAGED',
    ]);
    assert.equal(await footprint.keys(), 2);
  });

  it('reads each file once, however many passwords it tries', async () => {
    const opened = beginCalls(files, 'open');
    try {
      await importPfxFolder(folder, { passwords: ['wrong', 'other', 'secret'] });
    } finally {
      opened.end();
    }
    const paths = opened.made.map(([file]) => path.relative(folder, String(file)));
    assert.deepEqual(paths.sort(), ['a.pfx', 'b.P12', 'damaged.pfx']);
  });

  it('asks for the password of each file', async () => {
    const reports = await importPfxFolder(folder, {
      password: (file) => (file.endsWith('b.P12') ? 'other' : Promise.resolve('secret')),
    });
    assert.deepEqual(
      reports.map(({ outcome }) => outcome),
      ['imported', 'imported', 'failed'],
    );
  });

  it('ends early when it is cancelled', async () => {
    const controller = new AbortController();
    const importing = importPfxFolder(folder, { password: 'secret', signal: controller.signal });
    controller.abort();
    await assert.rejects(importing, { name: 'AbortError' });
    assert.equal(await footprint.keys(), 0);
  });

  it('says what is wrong with the folder or the passwords', async () => {
    await assert.rejects(importPfxFolder(path.join(folder, 'none')), { code: 'ENOENT' });
    await assert.rejects(importPfxFolder(folder, { passwords: [7] as unknown as string[] }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});
