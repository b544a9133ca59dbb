import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AcmeClient, ChallengeSolver } from 'schannel/acme';
import { dnsPersist } from '#lib/apps/acme/challenge/dns-persist.js';
import { httpTokens } from '#lib/apps/acme/challenge/http-tokens.js';
import { textOf } from '#lib/apps/acme/challenge/plan.js';
import { createRedirectServer } from '#lib/apps/acme/challenge/redirect-server.js';
import { requestedExtensions, signRequest } from '#lib/formats/request/request-writer.js';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import { EMPTY_NAME } from '#lib/formats/x509/subject.js';
import { pebbleAccount, solveOrder } from '../../../../support/acme-order.js';
import { memorySigner } from '../../../../support/memory-signer.js';
import { type Pebble, startPebble } from '../../../../support/pebble.js';
import { needsPeer } from '../../../../support/peers.js';
import { skip } from '../../../../support/skip.js';

const NAME = 'www.example.com';

describe('apps/acme/protocol/client: with a newer pebble', () => {
  let pebble: Pebble;
  let client: AcmeClient;
  let tokens: ChallengeSolver;
  const ends: (() => unknown)[] = [];
  before(async function () {
    await needsPeer(this, 'pebble');
    const folder = await mkdtemp(path.join(tmpdir(), 'schannel-pebble-'));
    ends.push(() => rm(folder, { recursive: true }));
    const server = createRedirectServer({ hosts: [], tokens: httpTokens({ folder }) });
    server.listen(0, '127.0.0.1');
    ends.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    tokens = httpTokens({ folder, port });
    pebble = await startPebble({ httpPort: port });
    ends.push(() => pebble.stop());
    client = await pebbleAccount(pebble);
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  it('suggests when to renew a certificate, and takes the order that replaces it', async function () {
    if (client.directory.renewalInfo === null) skip(this, 'this pebble suggests no renewals: 2.6 does');
    const { order } = await solveOrder(client, tokens, [NAME]);
    const names = alternativeNames({ dns: [NAME] });
    const extensions = requestedExtensions(
      { names, keyUsage: [], extendedKeyUsage: [], template: null },
      false,
    );
    await client.finalize(order, await signRequest({ subject: EMPTY_NAME, extensions }, memorySigner('rsa')));
    const [chain] = await client.download(await client.waitForOrder(order.url, 'valid'));
    const leaf = chain?.[0];
    assert.ok(leaf);
    const info = await client.renewalInfo(leaf.raw);
    assert.ok(info);
    assert.ok(info.start > leaf.validFrom && info.start < info.end && info.end < leaf.validTo);
    const identifiers = [{ type: 'dns', value: NAME }] as const;
    // 'ready' where pebble takes over what it has confirmed.
    const { status } = await client.newOrder({ identifiers, replaces: leaf.raw });
    assert.ok(status === 'pending' || status === 'ready', status);
  });

  it('accepts a record that is there for good', async function () {
    const { authorizations } = await client.newOrder({ identifiers: [{ type: 'dns', value: NAME }] });
    const { challenges } = await client.authorization(authorizations[0] ?? '');
    if (!challenges.some(({ type }) => type === 'dns-persist-01'))
      skip(this, 'this pebble does not know dns-persist-01: 2.10 does');
    const persist = dnsPersist({ servers: [`127.0.0.1:${pebble.ports['dns'] ?? 0}`] });
    const byPerson: ChallengeSolver = {
      ...persist,
      async show(plan) {
        const body = JSON.stringify({ host: `${textOf(plan, 'name')}.`, value: textOf(plan, 'value') });
        await fetch(`http://127.0.0.1:${pebble.ports['control'] ?? 0}/set-txt`, { method: 'POST', body });
        return plan;
      },
    };
    const first = await solveOrder(client, byPerson, [`*.${NAME}`]);
    assert.match(first.log.join(), /needs a TXT record at _validation-persist\.www\.example\.com/);
    const second = await solveOrder(client, persist, [`*.${NAME}`]);
    assert.match(second.log.join(), /_validation-persist\.www\.example\.com proves \*\.www\.example\.com/);
  });
});
