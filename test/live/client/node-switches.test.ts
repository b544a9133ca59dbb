import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Findings } from '../../fixtures/openssl-switches.js';
import { runFixture } from '../../support/child.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';

describe('switches of node', () => {
  let directory: string;
  let args: string[];
  let root: string;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'schannel-switches-'));
    const { cert, key } = await localhostServer();
    root = (await serverRoot()).certificate.cert;
    args = ['cert.pem', 'key.pem'].map((name) => path.join(directory, name));
    await Promise.all([cert, key].map((text, index) => writeFile(args[index] ?? '', text)));
  });
  after(() => rm(directory, { recursive: true }));

  async function findings(flags: readonly string[], env: Record<string, string> = {}): Promise<Findings> {
    const { stdout, stderr } = await runFixture('openssl-switches', { args, flags, env });
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as Findings;
  }

  it('--tls-min-v1.x, --tls-max-v1.x and --tls-cipher-list count', async () => {
    const older = await findings(['--tls-min-v1.0', '--tls-max-v1.2']);
    assert.deepEqual(older.protocols, { min: 'TLSv1', max: 'TLSv1.2' });
    const newer = await findings(['--tls-min-v1.3', '--tls-cipher-list=TLS_AES_128_GCM_SHA256']);
    assert.equal(newer.protocols.min, 'TLSv1.3');
    assert.deepEqual(newer.ciphers, ['TLS_AES_128_GCM_SHA256']);
  });

  it('--use-openssl-ca, SSL_CERT_FILE, SSL_CERT_DIR and others add nobody to those whom Windows trusts', async () => {
    const SSL_CERT_FILE = path.join(directory, 'root.pem');
    await writeFile(SSL_CERT_FILE, root);
    const env = { SSL_CERT_FILE, SSL_CERT_DIR: directory };
    // Node 20 has no --use-system-ca.
    for (const flag of ['--use-openssl-ca', '--use-bundled-ca', '--use-system-ca'])
      if (process.allowedNodeEnvironmentFlags.has(flag))
        assert.equal((await findings([flag], env)).code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('--tls-keylog writes no secrets, and --trace-tls no trace', async () => {
    const file = path.join(directory, 'secrets');
    const { stderr } = await runFixture('openssl-switches', { args, flags: [`--tls-keylog=${file}`] });
    assert.doesNotMatch(stderr, /CLIENT_RANDOM/);
    assert.equal(await readFile(file, 'utf8').catch(() => ''), '');
    assert.doesNotMatch(
      (await runFixture('openssl-switches', { args, flags: ['--trace-tls'] })).stderr,
      /Record/,
    );
  });
});
