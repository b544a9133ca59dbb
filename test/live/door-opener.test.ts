import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { writePfx } from '#lib/formats/pfx/write.js';
import { TestAuthority, type TestCertificate } from '../support/certificates.js';
import { Tab, type TrustedSite } from '../support/chromium.js';
import { needsPeer, type Peer, startPeer } from '../support/peers.js';
import { issueServer, serverRoot } from '../support/schannel-server.js';
import { ServerStore } from '../support/server-store.js';

const FOLDER = path.join(path.dirname(require.resolve('schannel/package.json')), 'examples/door-opener');
const PIN = '4711';

/** A file of the example, with the names and ports of the test. */
function adapted(name: string, changes: Readonly<Record<string, string>>): string {
  let content = readFileSync(path.join(FOLDER, name), 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(content.includes(from), `${name} does not say ${from}`);
    content = content.replaceAll(from, to);
  }
  return content;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

describe('examples/door-opener', function () {
  let folder: string | undefined;
  let store: ServerStore | undefined;
  let authority: TestAuthority;
  let root: string;
  let anna: TestCertificate;
  let bob: TestCertificate;
  let site: TrustedSite;
  let door: Peer;
  const peers: Peer[] = [];
  let page: ChildProcess | undefined;
  let printed = '';
  let tab: Tab | undefined;

  const start = async (...args: Parameters<typeof startPeer>): Promise<Peer> => {
    const peer = await startPeer(...args);
    peers.push(peer);
    return peer;
  };

  before(async function () {
    for (const program of ['chromium', 'mosquitto', 'mosquitto_sub']) await needsPeer(this, program);
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-door-'));
    authority = await TestAuthority.create('CN=Door');
    const issue = (subject: string, usage: 'clientAuth' | 'serverAuth'): Promise<TestCertificate> =>
      authority.issue({ subject, key: 'rsa', usages: [usage] });
    const [home, bridge, atDoor] = await Promise.all([
      issue('CN=localhost', 'serverAuth'),
      issue('CN=bridge', 'clientAuth'),
      issue('CN=door', 'clientAuth'),
    ]);
    [anna, bob] = await Promise.all([issue('CN=anna', 'clientAuth'), issue('CN=bob', 'clientAuth')]);
    const ca = authority.certificate.cert;

    const broker = await start('mosquitto', ['-v', '-c', '{file:home.conf}'], {
      files: {
        'home.conf': `${adapted('mosquitto-home.conf', { 'listener 8883': 'listener {port} 127.0.0.1', ...inPlace('ca.pem', 'home.pem', 'home.key', 'home.acl') })}user root\n`,
        'home.acl': adapted('home.acl', {}),
        ...{ 'ca.pem': ca, 'home.pem': home.cert, 'home.key': home.key },
      },
    });
    await broker.waitFor(/mosquitto version .* running/);
    door = await start(
      'mosquitto_sub',
      [
        ...['-h', 'localhost', '-p', String(broker.port), '-V', 'mqttv5', '-t', 'home/door/open', '-v'],
        ...['--cafile', '{file:ca.pem}', '--cert', '{file:door.pem}', '--key', '{file:door.key}'],
      ],
      { files: { 'ca.pem': ca, 'door.pem': atDoor.cert, 'door.key': atDoor.key } },
    );
    await broker.waitFor(/Sending SUBACK/);
    const here = await start('mosquitto', ['-v', '-c', '{file:here.conf}'], {
      files: {
        'here.conf': `${adapted('mosquitto-here.conf', {
          'listener 1883': 'listener {port}',
          'home.example:8883': `localhost:${String(broker.port)}`,
          ...inPlace('ca.pem', 'bridge.pem', 'bridge.key'),
        })}user root\n`,
        ...{ 'ca.pem': ca, 'bridge.pem': bridge.cert, 'bridge.key': bridge.key },
      },
    });
    await broker.waitFor(/u'bridge'/);

    store = await ServerStore.create();
    await store.put(await issueServer());
    root = (await serverRoot()).certificate.cert;
    writeFileSync(path.join(folder, 'clients.pem'), ca);
    const settings = {
      ...{ host: '127.0.0.1', port: 0, certificate: { dns: 'localhost', store: store.name } },
      ...{ clients: path.join(folder, 'clients.pem'), people: ['anna'], topic: 'home/door/open' },
      broker: `mqtt://127.0.0.1:${String(here.port)}`,
    };
    assert.deepEqual(
      Object.keys(settings).sort(),
      Object.keys(JSON.parse(adapted('settings.json', {})) as object).sort(),
    );
    writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings));
    page = spawn(
      process.execPath,
      [path.join(FOLDER, 'door-opener.mjs'), path.join(folder, 'settings.json')],
      {
        env: { ...process.env, DOOR_PIN: PIN },
      },
    );
    for (const stream of [page.stdout, page.stderr])
      stream?.on('data', (chunk) => {
        printed += String(chunk);
        page?.emit('printed');
      });
    const port = (await shows(/listens on port (\d+)/))[1] ?? '';
    site = { origin: `https://localhost:${port}`, ca: root };
  });

  afterEach(async () => {
    await tab?.close();
    tab = undefined;
  });

  after(async () => {
    if (page !== undefined) {
      const ended = once(page, 'close');
      page.kill();
      await ended;
    }
    for (const peer of peers) await peer.stop();
    await store?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  async function shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(printed);
      if (match) return match;
      assert.ok(page);
      assert.equal(page.exitCode, null, printed);
      await once(page, 'printed');
    }
  }

  async function request(who: TestCertificate, form?: Readonly<Record<string, string>>): Promise<Answer> {
    const { cert, key } = who;
    const options = { ca: root, cert, key, agent: false, method: form === undefined ? 'GET' : 'POST' };
    const request = https.request(`${site.origin}/`, options);
    const body = new URLSearchParams(form).toString();
    if (form !== undefined) request.setHeader('content-length', body.length);
    request.end(body);
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
    return { status: response.statusCode, body: await text(response) };
  }

  const browse = async (client?: TestCertificate): Promise<Tab> => {
    const password = 'secret';
    const pfx =
      client &&
      writePfx({
        ...{ key: createPrivateKey(client.key), certificates: [client.der], password },
        encryption: 'aes256',
      });
    tab = await Tab.open(480, 640, { ...site, client: pfx && { pfx, password } });
    return tab;
  };

  /** For the README of the example: with SCHANNEL_PICTURES=FOLDER. */
  const take = async (name: string): Promise<void> => {
    const pictures = process.env['SCHANNEL_PICTURES'];
    if (pictures !== undefined && tab !== undefined)
      writeFileSync(path.join(pictures, `${name}.png`), await tab.picture());
  };

  const enterPin = async (into: Tab, pin: string): Promise<void> => {
    await into.click('#pin');
    await into.type(pin);
    await into.press('Enter');
  };

  it('opens the door for who has a certificate and knows the PIN', async () => {
    const browser = await browse(anna);
    await browser.go(`${site.origin}/`);
    await browser.until('document.querySelector("label").innerText === "PIN of anna"');
    await take('door-form');
    await enterPin(browser, '0000');
    await browser.until('document.querySelector("[role=status]").innerText === "Wrong PIN."');
    assert.doesNotMatch(door.output(), /home\/door\/open anna/);
    await enterPin(browser, PIN);
    await browser.until('document.querySelector("[role=status]").innerText === "The door opens."');
    await take('door-opens');
    await door.waitFor(/^home\/door\/open anna$/m);
    assert.doesNotMatch(browser.complaints.join(), /Content Security Policy/);
  });

  it('shows nothing to a browser without a certificate', async () => {
    const browser = await browse();
    // Some of its attempts end before they have read the alert.
    assert.match(
      (await browser.go(`${site.origin}/`)) ?? '',
      /^net::ERR_(BAD_SSL_CLIENT_AUTH_CERT|SOCKET_NOT_CONNECTED|CONNECTION_RESET)$/,
    );
    await shows(/^UNABLE_TO_GET_ISSUER_CERT: .*127\.0\.0\.1/m);
  });

  it('knows whom it lets in', async () => {
    const { status, body } = await request(bob);
    assert.equal(status, 403);
    assert.doesNotMatch(body, /<form/);
  });

  it('takes no form that another page has made', async () => {
    const { status, body } = await request(anna, { pin: PIN, token: 'guessed' });
    assert.equal(status, 403);
    assert.match(body, /not made for you/);
  });

  it('stops who guesses', async () => {
    const { body } = await request(anna);
    const token = /name="token" value="([\w-]+)"/.exec(body)?.[1] ?? assert.fail();
    const statuses: unknown[] = [];
    for (const pin of ['1', '2', '3', '4', '5', PIN])
      statuses.push((await request(anna, { pin, token })).status);
    assert.deepEqual(statuses, [403, 403, 403, 403, 403, 429]);
  });
});

/** Files that lie beside the configuration. */
const inPlace = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `{file:${name}}`]));
