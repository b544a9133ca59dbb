import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pendingRequests } from 'schannel/pki';
import { openStore } from 'schannel/store';
import { OpensslAuthority } from '../../support/openssl-authority.js';
import { needsPeer } from '../../support/peers.js';
import { schannel } from '../../support/schannel-process.js';
import { undoneAfter } from '../../support/undone-after.js';

/** What these tests look at of the JSON. */
interface Printed {
  readonly pending?: { readonly reference: string };
  readonly verdict?: { readonly state: string };
  readonly certificate?: { readonly reference: string; readonly friendlyName: string | null };
  readonly keyLocation?: { readonly container: string };
}

describe('the schannel csr command', () => {
  const id = randomUUID();
  let authority: OpensslAuthority;
  let folder: string;
  const undo = undoneAfter();
  before(async function () {
    await needsPeer(this, 'openssl');
    authority = await OpensslAuthority.create(id);
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-csr-ü-'));
    undo(() => rmSync(folder, { recursive: true }));
  });
  after(async () => {
    // What a test that failed has left.
    for (const name of ['REQUEST', 'MY', 'CA']) {
      using store = await openStore(name);
      for (const each of await store.all()) {
        const isOurs = `${each.subject} ${each.issuer}`.includes(id);
        if (isOurs) await store.remove(each, { withKey: each.hasPrivateKey });
      }
    }
  });

  /** Runs what has to succeed. */
  async function must(...args: readonly string[]): Promise<Printed> {
    const { code, stdout, stderr } = await schannel([...args, '--json'], { cwd: folder });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Printed;
  }

  it('goes the whole way: new, show, complete, repair', async () => {
    const inf = `[NewRequest]\r\nSubject = "CN=${id}.example"\r\nFriendlyName = "Läden"\r\n`;
    writeFileSync(path.join(folder, 'request.inf'), Buffer.from(`\ufeff${inf}`, 'utf16le'));
    const { pending } = await must('csr', 'new', '--inf', 'request.inf', '--out', 'www.csr');
    assert.ok(pending);
    const request = readFileSync(path.join(folder, 'www.csr'), 'utf8');
    const shown = await schannel(['csr', 'show', pending.reference, '--pem'], { cwd: folder });
    assert.equal(shown.stdout, request);

    const issued = await authority.sign(request);
    const { cert } = authority.issuing.certificate;
    writeFileSync(path.join(folder, 'www.p7b'), await authority.bundle(issued, cert));
    const { certificate, verdict } = await must('csr', 'complete', 'www.p7b');
    assert.equal(certificate?.friendlyName, 'Läden');
    assert.equal(verdict?.state, 'incomplete');
    assert.ok(!(await pendingRequests()).some(({ reference }) => reference === pending.reference));
    const check = await schannel(['cert', 'check', certificate.reference, '--server']);
    assert.equal(check.code, 0, check.stdout);

    // It loses its key, as one that was imported.
    {
      using store = await openStore('MY');
      await store.remove(certificate.reference);
      using bare = await store.add(issued);
      assert.equal(bare.hasPrivateKey, false);
    }
    const { keyLocation } = await must('cert', 'repair', certificate.reference);
    assert.match(keyLocation?.container ?? '', /^schannel-request-/);
    assert.equal((await schannel(['cert', 'rm', certificate.reference, '--with-key', '--yes'])).code, 0);
  });

  it('refuses the wrong file, and says what is pending', async () => {
    const { pending } = await must('csr', 'new', '--subject', `CN=${id}`, '--out', 'other.csr');
    const wrong = await schannel(['csr', 'complete', 'other.csr'], { cwd: folder });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /it is a certificate request/);
    writeFileSync(path.join(folder, 'stranger.cer'), (await authority.issuing.issue()).cert);
    const stranger = await schannel(['csr', 'complete', 'stranger.cer'], { cwd: folder });
    assert.equal(stranger.code, 1);
    assert.ok(stranger.stderr.includes(pending?.reference ?? '?'), stranger.stderr);
    await must('csr', 'cancel', pending?.reference ?? '', '--with-key', '--yes');
  });
});
