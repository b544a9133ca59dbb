import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDevCert, ensureDevCert, removeDevCert, type DevCert } from 'schannel/pki';
import { createServer } from 'schannel/https';
import { findCertificate, generateKey, openStore } from 'schannel/store';
import { makeAuthority } from '#lib/apps/dev-cert/certificates.js';
import { treesFor } from '#lib/apps/dev-cert/names.js';
import { hostNames } from '#lib/formats/x509/alternative-names.js';
import { listContainers } from '../../support/native-store.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { schannel } from '../../support/schannel-process.js';
import { skip } from '../../support/skip.js';
import { onDouble, onWine } from '../../support/windows.js';

/** Everything of this command in the user's stores. */
async function found(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of ['MY', 'CA', 'Root']) {
    using store = await openStore(name);
    counts[name] = (await store.find({ subject: /O=schannel development$/ })).length;
  }
  const keys = (await listContainers()).filter((name) => name.startsWith('schannel-dev-cert-'));
  return { ...counts, keys: keys.length };
}

describe('the development certificate', () => {
  before(function () {
    if (!onWine() && !onDouble) skip(this, 'Windows would ask the person at the machine');
  });
  afterEach(() => removeDevCert());

  it('is made once, found again, and removed with everything else', async () => {
    assert.deepEqual(await found(), { MY: 0, CA: 0, Root: 0, keys: 0 });
    assert.equal((await checkDevCert()).state, 'missing');
    const made = await ensureDevCert();
    assert.equal(made.action, 'created');
    assert.deepEqual(made.names.slice(0, 1), ['localhost']);
    assert.deepEqual(await found(), { MY: 1, CA: 1, Root: 1, keys: 2 });
    assert.deepEqual(await ensureDevCert(), { ...made, action: 'kept' });
    assert.deepEqual(await checkDevCert(), {
      state: 'ready',
      problems: [],
      reference: made.reference,
      validTo: made.validTo,
    });
    assert.equal((await removeDevCert()).length, 3);
    assert.deepEqual(await found(), { MY: 0, CA: 0, Root: 0, keys: 0 });
  });

  it('has a key that stays in Windows, and an authority whose root can sign nothing more', async () => {
    const { reference } = await ensureDevCert();
    using leaf = await findCertificate(reference);
    const key = await leaf.inspectKey();
    assert.ok(key?.usable === true && key.exportable !== 'yes');
    using root = await openStore('Root');
    const [trusted] = await root.find({ subject: /O=schannel development$/ });
    assert.equal(trusted?.hasPrivateKey, false);
  });

  it('is renewed by the authority that is trusted already, as long as the names are permitted', async () => {
    const first = await ensureDevCert({ names: ['localhost'] });
    assert.equal((await checkDevCert({ names: ['localhost', 'a.test'] })).state, 'incomplete');
    const second = await ensureDevCert({ names: ['localhost', 'a.test', '192.168.7.7'] });
    assert.deepEqual([second.action, second.root], ['renewed', first.root]);
    assert.notEqual(second.reference, first.reference);
    // Another domain needs another root, because the first one's key is gone.
    const name = `${randomUUID()}.example`;
    const third = await ensureDevCert({ names: [name] });
    assert.equal(third.action, 'created');
    assert.notEqual(third.root, first.root);
  });

  it('of a user leaves that of the machine alone, which the stores of the user show too', async () => {
    const trees = treesFor(hostNames(['localhost']));
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = await makeAuthority(
      { host: 'here', id: randomUUID(), trees, now: new Date() },
      { publicKey },
    );
    using machine = await openStore('Root', { location: 'LocalMachine' });
    const { thumbprint } = await machine.add(made.root, { trustRoot: true });
    try {
      assert.deepEqual(await removeDevCert(), []);
      assert.equal((await machine.find({ thumbprint })).length, 1);
    } finally {
      await machine.remove(thumbprint).catch(() => undefined);
    }
  });

  it('is made again with a key that can be exported if a file is needed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'schannel-dev-cert-'));
    try {
      const [first, second] = [
        await schannel(['dev-cert', 'localhost', '--json']),
        await schannel(['dev-cert', 'localhost', '--json', '--pem', folder, '--pfx', join(folder, 'a.pfx')], {
          env: { SCHANNEL_PASSWORD: 'secret' },
        }),
      ];
      assert.deepEqual([first.code, second.code], [0, 0], second.stderr);
      const actions = [first, second].map(({ stdout }) => (JSON.parse(stdout) as { action: string }).action);
      assert.deepEqual(actions, ['created', 'renewed']);
      const [key, cert, root] = ['key.pem', 'cert.pem', 'root.pem'].map((name) =>
        readFileSync(join(folder, name), 'utf8'),
      );
      await answeredBy(https.createServer({ key, cert }), root ?? '');
      const check = await schannel(['dev-cert', 'localhost', '--check']);
      assert.equal(check.code, 0, check.stdout);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes away keys whose process ended before they had a certificate', async () => {
    const stray = await generateKey({ name: `schannel-dev-cert-${randomUUID()}` });
    await stray.close();
    assert.equal((await found())['keys'], 1);
    assert.deepEqual(await removeDevCert(), []);
    assert.equal((await found())['keys'], 0);
  });

  it('can be the one of the machine, with keys of the machine', async function () {
    if (!onDouble) skip(this, "Wine acquires no machine's key by its certificate");
    try {
      const made = await ensureDevCert({ machine: true, names: ['localhost'] });
      assert.match(made.reference, /^LocalMachine\\MY\\/);
      using leaf = await findCertificate(made.reference);
      const key = await leaf.inspectKey();
      assert.ok(key?.usable === true && key.machine);
      assert.equal((await checkDevCert({ machine: true, names: ['localhost'] })).state, 'ready');
      await answeredBy(createServer({ certificate: made.reference }), made.root);
    } finally {
      assert.equal((await removeDevCert({ machine: true })).length, 3);
    }
    assert.equal((await checkDevCert({ machine: true })).state, 'missing');
  });

  it('is served by Schannel', async function () {
    if (!onDouble) skip(this, "Wine's Schannel sends no intermediates");
    const { reference, root } = await ensureDevCert();
    await answeredBy(createServer({ certificate: reference }), root);
  });

  it('is shown by Chromium without a warning', async function () {
    if (!onDouble) skip(this, "Wine's Schannel sends no intermediates");
    await needsPeer(this, 'chromium');
    const { reference, root } = await ensureDevCert();
    const { server, port } = await listening(createServer({ certificate: reference }));
    const asked = once(server, 'request');
    const browser = await startPeer('chromium', ['{file:root.pem}', `https://localhost:${port}/`], {
      files: { 'root.pem': root },
    });
    try {
      const [request] = (await asked) as [{ url: string }];
      assert.equal(request.url, '/');
    } finally {
      await browser.stop();
      server.close();
      server.closeAllConnections();
    }
  });

  async function answeredBy(server: https.Server, ca: DevCert['root']): Promise<void> {
    const { port } = await listening(server);
    try {
      const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
        https.get({ host: 'localhost', port, ca, agent: false }, resolve).once('error', reject);
      });
      response.resume();
      await once(response, 'end');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  async function listening(server: https.Server): Promise<{ server: https.Server; port: number }> {
    server.on('request', (_request, response) => {
      response.end('ready');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }
});
