import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { writePfx } from '#lib/formats/pfx/write.js';
import { withStored } from '../../support/client-identity.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { issueServer, localhostServer, serverRoot } from '../../support/schannel-server.js';
import { undoneAfter } from '../../support/undone-after.js';

const ROOT = path.join(__dirname, '../../..');
const FOLDER = path.join(ROOT, 'test/libraries');

/** What is said of each library in test/libraries/cases.mjs. */
interface Case {
  readonly library: string;
  readonly server: string;
  readonly peer: string;
  readonly on?: (node: number) => boolean;
  readonly adapter?: unknown;
}

/** What test/libraries/run.mjs prints. */
interface Outcome {
  readonly library: string;
  readonly version: string;
  readonly way: 'register' | 'adapter';
  readonly form: string;
  readonly failure: string | null;
}

/** Peers, with the names of their ports in their order. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  mosquitto: ['mqtt', 'mqttWebSockets'],
  slapd: ['ldaps', 'ldap'],
  dovecot: ['imaps', 'imap', 'pop3s'],
  proftpd: ['ftp'],
  postgresql: ['postgres'],
  mariadb: ['mysql'],
  redis: ['redis'],
  nats: ['nats'],
  rabbitmq: ['amqp', 'stomp', 'epmd', 'nodes'],
  prosody: ['xmpp'],
  node: ['https', 'grpc', 'smtp', 'tds', 'tdsStrict', 'kafka', 'mongodb'],
};

/** `npm run libraries` has the outcomes written to this file, of each library with each form of a certificate. */
const RESULTS = process.env['SCHANNEL_LIBRARIES'];

const { CASES } = createRequire(__filename)(path.join(FOLDER, 'cases.mjs')) as { CASES: readonly Case[] };
const NODE = Number(process.versions.node.split('.')[0]);
const cases = CASES.filter(({ on }) => on?.(NODE) ?? true);

describe('libraries, with a certificate of the client', () => {
  const peers: Peer[] = [];
  let outcomes: readonly Outcome[];
  let complaints = '';
  let folder: string;
  const undo = undoneAfter();
  before(async function () {
    for (const name of Object.keys(PEERS)) await needsPeer(this, `${name}-certificates`);
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-libraries-'));
    undo(() => rm(folder, { recursive: true, force: true }));
    const client = await issueServer({ subject: 'CN=anna', usages: ['clientAuth'], altNames: [] });
    await withStored(client, async () => (outcomes = await run(client)));
  });
  after(() => Promise.all(peers.map((peer) => peer.stop())));

  async function run(client: { cert: string; key: string; der: Uint8Array }): Promise<Outcome[]> {
    const ca = (await serverRoot()).certificate.cert;
    const { cert, key } = await localhostServer();
    const pfx = writePfx({
      key: createPrivateKey(client.key),
      certificates: [client.der],
      password: 'secret',
    });
    const identities = {
      PEM: { cert: client.cert, key: client.key },
      PFX: { pfx: pfx.toString('base64'), passphrase: 'secret' },
      store: { certificate: { subject: 'CN=anna' } },
    };
    // One library takes no options of TLS.
    const trusted = path.join(folder, 'ca.pem');
    writeFileSync(trusted, ca);
    const child = spawn(process.execPath, [path.join(FOLDER, 'run.mjs')], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: trusted },
    });
    const tell = (message: object): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
    tell({ root: __filename, ca, identities, forms: RESULTS === undefined ? null : Object.keys(identities) });
    const started = Object.entries(PEERS).map(async ([name, ports]) => {
      const own = name === 'node' ? [] : [name];
      const args = [...own, ...['cert', 'key', 'ca'].map((file) => `{file:${file}}`)];
      const peer = await startPeer(
        `${name}-certificates`,
        [...args, ...ports.map((port) => `{port:${port}}`)],
        { files: { cert, key, ca } },
      );
      peers.push(peer);
      await peer.waitFor(/^ready$/m);
      tell({ peer: name, ports: peer.ports });
    });
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const found: Outcome[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('\u001e')) found.push(JSON.parse(line.slice(1)) as Outcome);
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await Promise.all(started).catch((error: unknown) => {
      child.kill();
      throw error;
    });
    await ended;
    if (RESULTS !== undefined)
      appendFileSync(RESULTS, found.map((each) => `${JSON.stringify({ ...each, node: NODE })}\n`).join(''));
    return found;
  }

  const said = (library: string, way: Outcome['way']): readonly string[] => {
    const own = outcomes.filter((each) => each.library === library && each.way === way);
    assert.ok(own.length > 0, `it was not run:\n${complaints}`);
    return own.flatMap(({ form, failure }) => (failure === null ? [] : `${form}: ${failure}`));
  };

  for (const { library, server, adapter } of cases) {
    it(`${library} by schannel/register, with ${server}`, () =>
      assert.deepEqual(said(library, 'register'), []));
    if (adapter !== undefined)
      it(`${library} by its adapter, with ${server}`, () => assert.deepEqual(said(library, 'adapter'), []));
  }
});
