import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type AcmeManager,
  type AcmeTransport,
  createAcmeManager,
  createRedirectServer,
  httpsTransport,
  type SetReport,
} from 'schannel/acme';
import * as https from 'schannel/https';
import { openStore } from 'schannel/store';
import { removeKey } from '#lib/windows/key/keys.js';
import { listKeysOf } from '#lib/windows/key/list.js';
import { native } from '#lib/native/load.js';
import { runFixture } from '../../support/child.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from '../../support/own-store.js';
import { type Pebble, startPebble } from '../../support/pebble.js';
import { needsPeer } from '../../support/peers.js';
import { SchannelServer } from '../../support/schannel-server.js';
import { SharedAnswers } from '../../support/shared-answers.js';
import { undoneAfter } from '../../support/undone-after.js';

const NAME = 'www.bar.example';

describe('the ACME manager, with pebble', function () {
  let pebble: Pebble;
  let agent: https.Agent;
  let folder: string;
  let store: string;
  let answers: SharedAnswers;
  let server: SchannelServer | null = null;
  const files = createRedirectServer({
    hosts: [],
    tokens: { answerFor: (token) => answers.answerFor(token) },
  });

  const undo = undoneAfter();
  before(async function () {
    await needsPeer(this, 'pebble');
    files.listen(0, '127.0.0.1');
    undo(() => {
      files.close();
      files.closeAllConnections();
    });
    await once(files, 'listening');
    pebble = await startPebble({ httpPort: (files.address() as AddressInfo).port });
    undo(async () => {
      await pebble.stop();
      // The authorities of a pebble that is gone.
      using authorities = await openStore('CurrentUser\\CA');
      for (const each of await authorities.find({ subject: 'Pebble Intermediate CA' }))
        await authorities.remove(each);
    });
    agent = new https.Agent({ ca: pebble.ca, keepAlive: true });
    undo(() => agent.destroy());
  });
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-acme-'));
    answers = new SharedAnswers(path.join(folder, 'answers'));
    store = ownStoreName();
    (await createOwnStore(store)).close();
  });
  afterEach(async () => {
    await server?.close();
    server = null;
    const opened = await openStore(store, { archived: true });
    for (const each of await opened.all()) await opened.remove(each, { withKey: true });
    opened.close();
    deleteOwnStore(store);
    for (const key of await listKeysOf(native(), false)) {
      if (key.container.startsWith('schannel-acme-account-')) await removeKey(key);
    }
    rmSync(folder, { recursive: true });
  });

  /** Says what a server says that has to revoke what it issued. Not every pebble suggests anything. */
  const withUrgentRenewal =
    (transport: AcmeTransport): AcmeTransport =>
    async (request) => {
      const renewalInfo = `${pebble.directory}/renewal`;
      const suggestedWindow = { start: '2020-01-01T00:00:00Z', end: '2020-01-02T00:00:00Z' };
      if (request.url.startsWith(renewalInfo))
        return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ suggestedWindow })) };
      const response = await transport(request);
      if (request.url !== pebble.directory) return response;
      const directory = JSON.parse(String(response.body)) as object;
      return { ...response, body: Buffer.from(JSON.stringify({ ...directory, renewalInfo })) };
    };
  const managed = (transport: AcmeTransport): AcmeManager =>
    createAcmeManager({
      directory: pebble.directory,
      termsOfServiceAgreed: true,
      state: folder,
      transport,
      certificates: [{ names: [NAME], challenge: answers, store }],
    });
  async function check(manager: AcmeManager): Promise<SetReport> {
    const [report] = (await manager.check()).sets;
    assert.ok(report !== undefined);
    assert.equal(report.error, null);
    return report;
  }

  it('gets a certificate, and renews it when the server suggests, while its server runs', async () => {
    const manager = managed(withUrgentRenewal(httpsTransport(https, agent)));
    const issued = await check(manager);
    assert.equal(issued.action, 'issued');
    server = await SchannelServer.start({ certificate: manager.certificateFor(NAME) });
    await once(server.server, 'certificate');
    // A new certificate rests for hours, which only the state knows. Without it, the store says what there is.
    const ofServer = readdirSync(folder).find((name) => name.startsWith('localhost-')) ?? '';
    rmSync(path.join(folder, ofServer, `${issued.id}.json`));
    const changed = once(server.server, 'certificate');
    const renewed = await check(manager);
    assert.equal(renewed.action, 'renewed');
    await changed;
    const client = await server.opened({ servername: NAME, rejectUnauthorized: false });
    assert.equal(
      client.getPeerCertificate().fingerprint.replaceAll(':', ''),
      renewed.certificate?.thumbprint,
    );
    assert.notEqual(renewed.certificate?.thumbprint, issued.certificate?.thumbprint);
    client.destroy();
  });

  it('orders once if two processes come at the same time', async () => {
    const task = JSON.stringify({
      directory: pebble.directory,
      ca: pebble.ca,
      state: folder,
      store,
      names: ['two.bar.example'],
      answers: path.join(folder, 'answers'),
    });
    const ended = await Promise.all([1, 2].map(() => runFixture('acme-manager', { args: [task] })));
    assert.deepEqual(ended.map(({ stdout, stderr }) => `${stdout.trim()}${stderr}`).sort(), [
      'issued',
      'none',
    ]);
  });
});
