import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStore } from 'schannel/store';
import { removeKey } from '#lib/windows/key/keys.js';
import { listKeysOf } from '#lib/windows/key/list.js';
import { native } from '#lib/native/load.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from '../../support/own-store.js';
import { type Pebble, startPebble } from '../../support/pebble.js';
import { needsPeer } from '../../support/peers.js';
import { schannel } from '../../support/schannel-process.js';
import { skipOnDouble } from '../../support/windows.js';

describe('schannel acme, with pebble', function () {
  let pebble: Pebble;
  let folder: string;
  let store: string;
  let port: number;

  before(async function () {
    skipOnDouble(this, 'the commands call what other tests show there');
    await needsPeer(this, 'pebble');
    const free = net.createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    ({ port } = free.address() as AddressInfo);
    free.close();
    pebble = await startPebble({ httpPort: port });
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-acme-'));
    writeFileSync(path.join(folder, 'ca.pem'), pebble.ca);
    store = ownStoreName();
    (await createOwnStore(store)).close();
  });
  after(async () => {
    // It was skipped.
    if ((pebble as Pebble | undefined) === undefined) return;
    await pebble.stop();
    const opened = await openStore(store, { archived: true });
    for (const each of await opened.all()) await opened.remove(each, { withKey: true });
    opened.close();
    deleteOwnStore(store);
    using authorities = await openStore('CurrentUser\\CA');
    for (const each of await authorities.find({ subject: 'Pebble Intermediate CA' }))
      await authorities.remove(each);
    for (const key of await listKeysOf(native(), false)) {
      if (key.container.startsWith('schannel-acme-account-')) await removeKey(key);
    }
    rmSync(folder, { recursive: true });
  });

  async function acme(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const server = ['--directory', pebble.directory, '--ca', path.join(folder, 'ca.pem'), '--state', folder];
    const { code, stdout, stderr } = await schannel(['acme', ...args, ...server, '--json']);
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  }

  it('gets a certificate, and leaves it alone until it is time', async () => {
    const http = ['--http-port', String(port), '--http-address', '127.0.0.1'];
    const get = ['get', 'www.example.com', 'example.com', '--store', store, ...http];
    const first = await acme(...get, '--agree-terms', '--email', 'anna@bar.example');
    const second = await acme(...get);
    assert.deepEqual([first['action'], second['action']], ['issued', 'none']);
    using opened = await openStore(store);
    const found = await opened.findOne({ dns: 'example.com' });
    assert.ok(found?.hasPrivateKey);
    const { thumbprint } = second['certificate'] as { readonly thumbprint: string };
    assert.equal(found.thumbprint, thumbprint);
  });
});
