import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import nodeHttps from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { httpsTransport } from 'schannel/acme';
import * as https from 'schannel/https';
import { openStore } from 'schannel/store';
import { serve, type ServeOptions, type Site } from 'schannel/web';
import { listKeys, removeKey } from '#lib/windows/key/keys.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from '../../support/own-store.js';
import { until } from '../../support/patience.js';
import { needsPeer } from '../../support/peers.js';
import { type Pebble, startPebble } from '../../support/pebble.js';
import { skip } from '../../support/skip.js';
import { onWine } from '../../support/windows.js';

const NAME = 'www.bar.example';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Visitors, each with a new connection, who come back as soon as they are answered. */
class Visitors {
  answered = 0;
  readonly failures: string[] = [];
  /** How often each certificate was shown, by its SHA-1. */
  readonly shown = new Map<string, number>();
  readonly #site: Site;
  readonly #all: readonly Promise<void>[];
  #goHome = false;

  constructor(site: Site, count: number) {
    this.#site = site;
    this.#all = Array.from({ length: count }, () => this.#visit());
  }

  async goHome(): Promise<void> {
    this.#goHome = true;
    await Promise.all(this.#all);
  }

  async #visit(): Promise<void> {
    while (!this.#goHome) {
      try {
        await this.#ask();
        this.answered += 1;
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }

  async #ask(): Promise<void> {
    const request = nodeHttps.get({
      ...{ host: '127.0.0.1', port: this.#site.httpsPort, servername: NAME, headers: { host: NAME } },
      // Nobody trusts the fall-back.
      ...{ rejectUnauthorized: false, agent: false },
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { fingerprint } = (response.socket as TLSSocket).getPeerCertificate();
    let body = '';
    for await (const chunk of response) body += String(chunk);
    if (response.statusCode !== 200 || body !== 'as always')
      throw new Error(`${String(response.statusCode)} ${body}`);
    const thumbprint = fingerprint.replaceAll(':', '');
    this.shown.set(thumbprint, (this.shown.get(thumbprint) ?? 0) + 1);
  }
}

describe('a site that gets its certificate by ACME, with pebble', function () {
  let pebble: Pebble;
  let folder: string;
  let store: string;
  let agent: https.Agent;
  let options: ServeOptions;
  let site: Site | null = null;

  before(async function () {
    if (onWine()) skip(this, 'on Wine: npm run demo shows it, and the double sees a key that goes too early');
    await needsPeer(this, 'pebble');
  });

  beforeEach(async () => {
    const port = await freePort();
    pebble = await startPebble({ tlsPort: port });
    agent = new https.Agent({ ca: pebble.ca, keepAlive: true });
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-site-'));
    store = ownStoreName();
    (await createOwnStore(store)).close();
    options = {
      ...{ names: [NAME], store, address: '127.0.0.1', https: port, http: false },
      app: (_request, response) => response.end('as always'),
      acme: {
        ...{ directory: pebble.directory, state: folder, transport: httpsTransport(https, agent) },
        termsOfServiceAgreed: true,
      },
    };
  });

  afterEach(async () => {
    await site?.close();
    site = null;
    agent.destroy();
    await pebble.stop();
    const opened = await openStore(store, { archived: true });
    for (const each of await opened.all()) await opened.remove(each, { withKey: true });
    opened.close();
    deleteOwnStore(store);
    using authorities = await openStore('CurrentUser\\CA');
    for (const each of await authorities.find({ subject: 'Pebble Intermediate CA' }))
      await authorities.remove(each);
    for (const key of await listKeys(false)) {
      if (key.container.startsWith('schannel-acme-account-')) await removeKey(key);
    }
    await rm(folder, { recursive: true });
  });

  it('answers every visitor while it gets one by TLS-ALPN-01, renews it and changes over', async () => {
    const started = (site = await serve(options));
    const visitors = new Visitors(started, 2);
    // The authority is nobody's, and Wine's keys are of the old kind.
    started.on('warning', () => undefined);
    const isShown = (thumbprint: string | undefined): Promise<void> =>
      until(
        () => visitors.shown.has(thumbprint ?? ''),
        () => [...visitors.shown.keys(), thumbprint].join(),
      );

    await until(
      () => started.certificates.length === 1,
      () => 'no fall-back',
    );
    const [fallback] = started.certificates;
    await isShown(fallback?.thumbprint);

    if (started.certificates[0] === fallback) await once(started, 'certificate');
    const [first] = started.certificates;
    assert.match(first?.issuer ?? '', /^CN=Pebble Intermediate CA/);
    await isShown(first?.thumbprint);

    const renewal = started.acme?.check({ force: true });
    await once(started, 'certificate');
    assert.equal((await renewal)?.sets[0]?.action, 'renewed');
    const [second] = started.certificates;
    await isShown(second?.thumbprint);
    let isRemoved = false;
    await until(
      () => isRemoved,
      () => 'the fall-back is still there',
      async () => {
        using opened = await openStore(store);
        isRemoved = (await opened.find({ friendlyName: 'schannel fall-back' })).length === 0;
      },
    );
    await visitors.goHome();
    assert.equal(await started.close(), 0);

    assert.deepEqual(visitors.failures, []);
    assert.deepEqual(
      [...visitors.shown.keys()],
      [fallback, first, second].map((each) => each?.thumbprint),
    );
    assert.equal(
      [...visitors.shown.values()].reduce((sum, count) => sum + count, 0),
      visitors.answered,
    );
  });
});
