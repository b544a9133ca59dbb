import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { httpTokens } from '#lib/apps/acme/challenge/http-tokens.js';
import { createRedirectServer } from '#lib/apps/acme/challenge/redirect-server.js';
import { pebbleAccount, solveOrder } from '../../../../support/acme-order.js';
import { startPebble } from '../../../../support/pebble.js';
import { needsPeer } from '../../../../support/peers.js';

describe('apps/acme/challenge/http-tokens: with pebble', () => {
  before(async function () {
    await needsPeer(this, 'pebble');
  });

  it('answers for names and an address, from the process that has port 80, although nonces are refused', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'schannel-tokens-'));
    // All that the two have in common is the folder.
    const server = createRedirectServer({ hosts: [], tokens: httpTokens({ folder }) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pebble = await startPebble({ httpPort: port, refusedNonces: 20 });
    try {
      const names = ['one.example.com', 'two.example.com', '127.0.0.1'];
      const solver = httpTokens({ folder, port });
      const { order } = await solveOrder(await pebbleAccount(pebble), solver, names);
      assert.equal(order.status, 'ready');
      assert.deepEqual(await readdir(folder), []);
    } finally {
      await pebble.stop();
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true });
    }
  });
});
