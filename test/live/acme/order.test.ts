import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  AcmeClient,
  type ChallengeSolver,
  createRedirectServer,
  httpsTransport,
  type KeyPlan,
  type OrderLogEntry,
  runOrder,
  undoLeftovers,
  windowsKeys,
} from 'schannel/acme';
import * as https from 'schannel/https';
import { type CertificateStore, generateKey, openKey, type PrivateKey } from 'schannel/store';
import { textOf } from '#lib/apps/acme/challenge/plan.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from '../../support/own-store.js';
import { type Pebble, startPebble } from '../../support/pebble.js';
import { needsPeer } from '../../support/peers.js';
import { undoneAfter } from '../../support/undone-after.js';

describe('an order that is interrupted, with pebble', function () {
  const answers = new Map<string, string>();
  const files = createRedirectServer({
    hosts: [],
    tokens: { answerFor: (token) => answers.get(token) ?? null },
  });
  const solver: ChallengeSolver = {
    name: 'http-01 of a test',
    types: ['http-01'],
    refuses: () => null,
    plan: ({ challenge: { token }, keyAuthorization }) => Promise.resolve({ token, keyAuthorization }),
    show(plan) {
      answers.set(textOf(plan, 'token'), textOf(plan, 'keyAuthorization'));
      return Promise.resolve(plan);
    },
    undo(plan) {
      answers.delete(textOf(plan, 'token'));
      return Promise.resolve();
    },
  };
  let pebble: Pebble;
  let agent: https.Agent;
  let folder: string;
  let store: CertificateStore;
  let accountKey: PrivateKey;

  const undo = undoneAfter();
  before(async function () {
    await needsPeer(this, 'pebble');
    files.listen(0, '127.0.0.1');
    undo(() => {
      files.close();
      files.closeAllConnections();
    });
    await once(files, 'listening');
    pebble = await startPebble({ httpPort: (files.address() as AddressInfo).port, refusedNonces: 20 });
    undo(() => pebble.stop());
    agent = new https.Agent({ ca: pebble.ca, keepAlive: true });
    undo(() => agent.destroy());
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-order-'));
    undo(() => rm(folder, { recursive: true }));
    const name = ownStoreName();
    store = await createOwnStore(name);
    undo(() => store.close());
    deleteOwnStore(name);
    accountKey = await generateKey();
    undo(() => accountKey.delete());
  });

  it('goes on with the key that Windows has kept, and the certificate in the store has it', async () => {
    const client = await AcmeClient.open({
      directory: pebble.directory,
      transport: httpsTransport(https, agent),
      accountKey,
    });
    await client.register({ termsOfServiceAgreed: true });
    const journal = path.join(folder, 'order.json');
    const keys = windowsKeys();
    const log: OrderLogEntry[] = [];
    let keyPlan: KeyPlan = {};
    const order = (signal?: AbortSignal): Promise<unknown> =>
      runOrder({
        client,
        journal,
        names: ['www.example.com', 'example.com'],
        solvers: [solver],
        keys,
        log: (entry) => {
          log.push(entry);
          // As if the process ended once the request is on its way.
          if (entry.step === 'finalized' && signal === undefined) throw new Error('the process is gone');
        },
        place: async (issued) => {
          keyPlan = issued.keyPlan;
          const [leaf] = issued.chain;
          assert.ok(leaf);
          (await store.add(leaf.raw, { keyLocation: issued.key.location })).close();
        },
      });
    await assert.rejects(order(), /the process is gone/);
    assert.deepEqual([...answers], []);
    assert.deepEqual(await readdir(folder), ['order.json']);
    await order(new AbortController().signal);

    const steps = log.map(({ step }) => step);
    assert.equal(steps.filter((step) => step === 'ordered').length, 1);
    assert.equal(steps.filter((step) => step === 'finalized').length, 1);
    assert.deepEqual(await readdir(folder), []);
    const found = await store.findOne({ dns: 'example.com' });
    assert.ok(found);
    const key = await found.openPrivateKey();
    assert.equal(key.location.container, textOf(keyPlan, 'name'));
    await assert.rejects(key.export(), { code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE' });
    await key.close();

    await keys.remove(keyPlan);
    await keys.remove(keyPlan);
    assert.equal(await keys.open(keyPlan), null);
    await assert.rejects(openKey({ name: textOf(keyPlan, 'name') }), { code: 'ERR_SCHANNEL_KEY_NOT_FOUND' });
    assert.deepEqual(await undoLeftovers({ journal, solvers: [solver], keys }), []);
  });
});
