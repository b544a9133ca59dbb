import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AcmeClient, createRedirectServer, httpsTransport, type Order } from 'schannel/acme';
import * as https from 'schannel/https';
import { generateKey, type PrivateKey } from 'schannel/store';
import { requestedExtensions, signRequest } from '#lib/formats/request/request-writer.js';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import { parseSubject } from '#lib/formats/x509/subject.js';
import { type Pebble, type PebbleOptions, startPebble } from '../../support/pebble.js';
import { needsPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { onWine } from '../../support/windows.js';

describe('the ACME client, with pebble', function () {
  const keys: PrivateKey[] = [];
  /** What is shown on port 80, by token. */
  const shown = new Map<string, string>();
  const files = createRedirectServer({
    hosts: [],
    tokens: { answerFor: (token) => shown.get(token) ?? null },
  });
  let pebble: Pebble;
  let agent: https.Agent;

  before(async function () {
    await needsPeer(this, 'pebble');
    files.listen(0, '127.0.0.1');
    await once(files, 'listening');
  });
  after(() => {
    files.close();
    files.closeAllConnections();
  });
  afterEach(async () => {
    agent.destroy();
    await pebble.stop();
    for (const key of keys.splice(0)) await key.delete();
  });

  async function newKey(algorithm: 'rsa' | 'ec' = 'rsa'): Promise<PrivateKey> {
    const key = await generateKey({ algorithm });
    keys.push(key);
    return key;
  }

  async function start(options: PebbleOptions = {}): Promise<void> {
    pebble = await startPebble({ httpPort: (files.address() as AddressInfo).port, ...options });
    agent = new https.Agent({ ca: pebble.ca, keepAlive: true });
  }

  const open = (accountKey: PrivateKey, account?: string): Promise<AcmeClient> =>
    AcmeClient.open({
      directory: pebble.directory,
      transport: httpsTransport(https, agent),
      accountKey,
      account,
    });

  async function registered(): Promise<AcmeClient> {
    const client = await open(await newKey());
    await client.register({ termsOfServiceAgreed: true, contact: ['mailto:anna@bar.example'] });
    return client;
  }

  /** Orders, answers every challenge on port 80, and waits until the order is ready. */
  async function ready(client: AcmeClient, ...names: readonly string[]): Promise<Order> {
    const order = await client.newOrder({ identifiers: names.map((value) => ({ type: 'dns', value })) });
    for (const url of order.authorizations) {
      const { challenges } = await client.authorization(url);
      const challenge = challenges.find(({ type }) => type === 'http-01');
      assert.ok(challenge);
      shown.set(challenge.token, client.proofFor(challenge).keyAuthorization);
      await client.accept(challenge);
      await client.waitForAuthorization(url);
    }
    return client.waitForOrder(order.url, 'ready');
  }

  async function csrFor(key: PrivateKey, ...dns: readonly string[]): Promise<Buffer> {
    const names = alternativeNames({ dns });
    const extensions = requestedExtensions(
      { names, keyUsage: [], extendedKeyUsage: [], template: null },
      false,
    );
    return signRequest({ subject: parseSubject(''), extensions }, key);
  }

  it('gets a certificate, with keys that never leave Windows, although nonces are refused', async () => {
    await start({ refusedNonces: 20 });
    const client = await registered();
    const order = await ready(client, 'one.example.com', 'two.example.com');
    const key = await newKey();
    await client.finalize(order, await csrFor(key, 'one.example.com', 'two.example.com'));
    const [chain] = await client.download(await client.waitForOrder(order.url, 'valid'));
    const leaf = chain?.[0];
    assert.ok(leaf && chain.length > 1);
    assert.deepEqual([...leaf.dnsNames].sort(), ['one.example.com', 'two.example.com']);
    assert.ok(new X509Certificate(leaf.raw).publicKey.equals(key.publicKey));
    // A second time counts as done.
    await client.revoke(leaf.raw, { reason: 4 });
    await client.revoke(leaf.raw, { reason: 4 });
  });

  it('finds its account again, gives it another key, and ends it', async () => {
    await start();
    const [first, second] = [await newKey(), await newKey()];
    const client = await open(first);
    assert.equal(await client.findAccount(), null);
    const account = await client.register({ termsOfServiceAgreed: true });
    assert.equal(await (await open(first)).findAccount(), account);
    await client.changeKey(second);
    assert.equal(await (await open(second)).findAccount(), account);
    assert.equal(await (await open(first)).findAccount(), null);
    await client.deactivate();
    await assert.rejects((await open(second)).findAccount(), {
      code: /^ERR_SCHANNEL_ACME_(ACCOUNT|UNAUTHORIZED)$/,
    });
  });

  it('has an account whose key is on a curve', async function () {
    if (onWine()) skip(this, 'Wine keeps no keys on curves');
    await start();
    const client = await open(await newKey('ec'));
    assert.match(await client.register({ termsOfServiceAgreed: true }), /^https:/);
  });

  it('has a certificate revoked by its own key if the account is lost', async () => {
    await start();
    const client = await registered();
    const order = await ready(client, 'lost.example.com');
    const key = await newKey();
    await client.finalize(order, await csrFor(key, 'lost.example.com'));
    const [chain] = await client.download(await client.waitForOrder(order.url, 'valid'));
    assert.ok(chain?.[0]);
    await (await open(await newKey())).revoke(chain[0].raw, { certificateKey: key });
    await client.revoke(chain[0].raw);
  });

  it('ties an account to one that the authority knows', async () => {
    const macKey = randomBytes(32).toString('base64url');
    await start({ externalAccounts: { known: macKey } });
    const client = await open(await newKey());
    await assert.rejects(client.register({ termsOfServiceAgreed: true }), {
      code: 'ERR_SCHANNEL_ACME_ACCOUNT',
    });
    const wrong = { kid: 'known', macKey: randomBytes(32).toString('base64url') };
    await assert.rejects(client.register({ termsOfServiceAgreed: true, externalAccount: wrong }), {
      code: 'ERR_SCHANNEL_ACME_UNAUTHORIZED',
    });
    const externalAccount = { kid: 'known', macKey };
    assert.match(await client.register({ termsOfServiceAgreed: true, externalAccount }), /^https:/);
  });

  it('agrees to no terms by itself', async () => {
    await start();
    await assert.rejects((await open(await newKey())).register({ termsOfServiceAgreed: false }), {
      code: 'ERR_SCHANNEL_ACME_TERMS',
      // Pebble's terms.
      message: /Do%20what%20thou%20wilt/,
    });
  });

  it('passes on why a name was refused or not confirmed', async () => {
    await start({ blocked: ['blocked.example.com'] });
    const client = await registered();
    await assert.rejects(client.newOrder({ identifiers: [{ type: 'dns', value: 'blocked.example.com' }] }), {
      code: 'ERR_SCHANNEL_ACME_IDENTIFIER',
    });
    const order = await client.newOrder({ identifiers: [{ type: 'dns', value: 'empty.example.com' }] });
    const [url = ''] = order.authorizations;
    const { challenges } = await client.authorization(url);
    const challenge = challenges.find(({ type }) => type === 'http-01');
    assert.ok(challenge);
    await client.accept(challenge);
    await assert.rejects(client.waitForAuthorization(url), {
      code: 'ERR_SCHANNEL_ACME_UNAUTHORIZED',
      message: /^empty\.example\.com was not confirmed\. The ACME server says: /,
    });
    await assert.rejects(client.waitForOrder(order.url, 'ready'), { code: /^ERR_SCHANNEL_ACME_/ });
  });

  it('is refused by a server that Windows does not trust', async () => {
    await start();
    agent.destroy();
    agent = new https.Agent({ keepAlive: true });
    await assert.rejects(open(await newKey()), { phase: 'verify' });
  });
});
