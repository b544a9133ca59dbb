import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as certificates from 'schannel/store';
import { removeKey } from '#lib/windows/key/keys.js';
import { listKeysOf } from '#lib/windows/key/list.js';
import { native } from '#lib/native/load.js';
import { acmeCommand } from '../../support/acme-command.js';
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
    const opened = await certificates.openStore(store, { archived: true });
    for (const each of await opened.all()) await opened.remove(each, { withKey: true });
    opened.close();
    deleteOwnStore(store);
    using authorities = await certificates.openStore('CurrentUser\\CA');
    for (const each of await authorities.find({ subject: 'Pebble Intermediate CA' }))
      await authorities.remove(each);
    for (const key of await listKeysOf(native(), false)) {
      if (key.container.startsWith('schannel-acme-account-')) await removeKey(key);
    }
    rmSync(folder, { recursive: true });
  });

  const server = (): string[] => [
    ...['--directory', pebble.directory, '--ca', path.join(folder, 'ca.pem'), '--state', folder, '--json'],
  ];

  /** In this process, which is quicker. */
  async function acme(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const { code, output, errors, json } = await acmeCommand([...args, ...server()], { certificates });
    assert.equal(code, 0, output() + errors());
    return json() as Readonly<Record<string, unknown>>;
  }

  it('gets a certificate, gives the account a new key, revokes the certificate, and ends the account', async () => {
    const http = ['--http-port', String(port), '--http-address', '127.0.0.1'];
    const get = ['get', 'www.example.com', 'example.com', '--store', store, ...http];
    const terms = ['--agree-terms', '--email', 'anna@bar.example'];
    const { code, stdout, stderr } = await schannel(['acme', ...get, ...terms, ...server()]);
    assert.equal(code, 0, stdout + stderr);
    assert.equal((JSON.parse(stdout) as { readonly action: string }).action, 'issued');
    const keys = await accountKeys();
    const { url, key } = await acme('account', 'key', '--yes');
    assert.match(String(url), /^https:\/\/localhost:/);
    assert.ok(!keys.includes((key as { readonly name: string }).name));
    // Only the new key can sign that.
    const { thumbprint } = await acme(
      'revoke',
      'example.com',
      '--store',
      store,
      '--reason',
      'superseded',
      '--yes',
    );
    using opened = await certificates.openStore(store);
    assert.equal((await opened.findOne({ dns: 'example.com' }))?.thumbprint, thumbprint);
    await acme('account', 'deactivate', '--yes');
    assert.deepEqual(await accountKeys(), []);
  });

  const accountKeys = async (): Promise<string[]> =>
    (await listKeysOf(native(), false))
      .map(({ container }) => container)
      .filter((name) => name.startsWith('schannel-acme-account-'));
});
