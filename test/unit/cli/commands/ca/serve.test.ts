import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { run } from '#lib/cli/program.js';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { AuthorityFolders, newKey } from '../../../../support/authority-folder.js';
import { capturedIO, type CapturedIO } from '../../../../support/captured-io.js';
import { commandLibrary } from '../../../../support/command-library.js';
import { needsOpenssl } from '../../../../support/openssl.js';

interface Addresses {
  readonly list: string;
  readonly certificate: string;
  readonly ocsp: string;
}

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

describe('cli/commands/ca/serve', () => {
  const folders = new AuthorityFolders();
  let files: string;
  let authority: CertificateAuthority;
  before(async () => {
    files = mkdtempSync(path.join(tmpdir(), 'schannel-ca-serve-'));
    authority = await folders.root();
    writeFileSync(path.join(files, 'root.pem'), authority.pem);
    for (const name of ['good', 'gone']) {
      const { pem } = await authority.issue({ publicKey: newKey(), names: { dns: [`${name}.example`] } });
      writeFileSync(path.join(files, `${name}.pem`), pem);
    }
    await authority.revoke('gone.example', { reason: 'superseded' });
  });
  after(() => {
    folders.remove();
    rmSync(files, { recursive: true });
  });

  function start(port: number): { readonly io: CapturedIO; readonly ended: Promise<number> } {
    const io = capturedIO({ env: { SCHANNEL_CA_PASSWORD: 'secret' } });
    const args = ['ca', 'serve', authority.folder, '--port', String(port), '--json'];
    return { io, ended: run(args, '1.2.3', commandLibrary(), io) };
  }

  /** What it prints first, once it listens. */
  const announced = ({ stdout }: CapturedIO): Promise<string> =>
    new Promise((resolve) => {
      const write = stdout.write.bind(stdout);
      stdout.write = (text: string): boolean => {
        resolve(text);
        return write(text);
      };
    });

  /** What OpenSSL prints, while this process answers it. */
  async function openssl(...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)('openssl', args, { cwd: files });
    return stdout + stderr;
  }

  it('answers OpenSSL with the list, the certificate and OCSP until it is ended', async function () {
    needsOpenssl(this);
    const { io, ended } = start(await freePort());
    // Without a word, it ends at once.
    const addresses = JSON.parse(await Promise.race([announced(io), ended.then(io.errors)])) as Addresses;
    for (const [name, address] of [
      ['list.crl', addresses.list],
      ['root.crt', addresses.certificate],
    ] as const) {
      writeFileSync(path.join(files, name), Buffer.from(await (await fetch(address)).arrayBuffer()));
    }
    assert.match(
      await openssl('crl', '-in', 'list.crl', '-inform', 'DER', '-CAfile', 'root.pem', '-text'),
      /verify OK[^]*Reason Code:\s+Superseded|Superseded[^]*verify OK/,
    );
    assert.match(await openssl('x509', '-in', 'root.crt', '-inform', 'DER', '-subject'), /CN ?= ?Test Root/);
    const asked = ['ocsp', '-url', addresses.ocsp, '-issuer', 'root.pem', '-CAfile', 'root.pem'];
    assert.match(await openssl(...asked, '-cert', 'good.pem'), /good\.pem: good/);
    const revoked = await openssl(...asked, '-cert', 'gone.pem');
    assert.match(revoked, /Response verify OK/);
    assert.match(revoked, /gone\.pem: revoked[^]*Reason: superseded/);
    process.emit('SIGTERM');
    assert.equal(await ended, EXIT_CODES.ok);
    assert.equal(io.errors(), '');
    await assert.rejects(fetch(addresses.list));
  });

  it('ends with 14 if another program has the port, and says so', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const { port } = other.address() as AddressInfo;
    const { io, ended } = start(port);
    assert.equal(await ended, EXIT_CODES.listen);
    const { error } = JSON.parse(io.output()) as { error: { code: string; message: string } };
    assert.equal(error.code, 'EADDRINUSE');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
    other.close();
  });
});
