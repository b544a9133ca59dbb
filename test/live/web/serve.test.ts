import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { listKeys } from '#lib/windows/key/keys.js';
import { releaseUnusedResources } from 'schannel';
import * as https from 'schannel/https';
import { openStore } from 'schannel/store';
import { serve, type ServeOptions, type Site } from 'schannel/web';
import { TestAuthority } from '../../support/certificates.js';
import { answerTo, type Answer } from '../../support/https.js';
import { handlesBackTo } from '../../support/native-store.js';
import { until } from '../../support/patience.js';
import { ServerStore } from '../../support/server-store.js';

describe('a site', () => {
  let atFirst: NativeHandleCounts;
  let store: ServerStore;
  let folder: string;
  let running: Site | null = null;

  beforeEach(async () => {
    await releaseUnusedResources();
    atFirst = native().handleCounts();
    store = await ServerStore.create();
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-site-'));
    await writeFile(path.join(folder, 'index.html'), '<p>home');
  });

  afterEach(async () => {
    await running?.close();
    running = null;
    await rm(folder, { recursive: true });
    await store.close();
    await releaseUnusedResources();
    await handlesBackTo(atFirst);
  });

  const start = async (options: Partial<ServeOptions> = {}): Promise<Site> => {
    running = await serve({
      names: ['localhost', 'www.bar.example', '127.0.0.1'],
      static: folder,
      hsts: true,
      ...{ address: '127.0.0.1', https: 0, http: 0, store: store.name },
      ...options,
    });
    return running;
  };

  const get = (site: Site, ca: string, more: https.RequestOptions = {}, url = '/'): Promise<Answer> =>
    answerTo(
      https.get({
        host: '127.0.0.1',
        port: site.httpsPort,
        path: url,
        servername: 'localhost',
        ca,
        agent: false,
        ...more,
      }),
    );

  /** Display name and key container of each certificate in the store. */
  async function entries(): Promise<
    readonly (readonly [name: string | null, container: string | undefined])[]
  > {
    using own = await openStore(store.name);
    return (await own.all()).map(({ friendlyName, keyLocation }) => [friendlyName, keyLocation?.container]);
  }

  const hasKey = async (container: string | undefined): Promise<boolean> =>
    (await listKeys(false)).some((key) => key.container === container);

  it('shows a fall-back with its names until there is a certificate, and then removes it with its key', async () => {
    const site = await start();
    const isShown = (test: (shown: Site['certificates']) => boolean): Promise<void> =>
      until(
        () => test(site.certificates),
        () => site.certificates.map(({ subject }) => subject).join(),
      );
    await isShown(({ length }) => length > 0);
    const [first] = site.certificates;
    assert.ok(first);
    assert.deepEqual([first.dnsNames, first.ipAddresses], [['localhost', 'www.bar.example'], ['127.0.0.1']]);
    assert.ok(first.isSelfSigned);
    assert.ok(first.validFrom.getTime() < Date.now() - 24 * 3_600_000);
    const [[name, container] = []] = await entries();
    assert.deepEqual([name, await hasKey(container)], ['schannel fall-back', true]);
    const warned = await get(site, first.pem);
    assert.deepEqual([warned.body, warned.headers['strict-transport-security']], ['<p>home', undefined]);

    const authority = await TestAuthority.create('CN=site authority', { key: 'rsa' });
    const names = ['DNS:localhost', 'DNS:www.bar.example', 'IP:127.0.0.1'];
    await store.put(await authority.issue({ key: 'rsa', altNames: names }));
    await isShown((shown) => shown.every(({ isSelfIssued }) => !isSelfIssued));
    const trusting = { servername: 'www.bar.example', headers: { host: 'www.bar.example' } };
    const real = await get(site, authority.certificate.cert, trusting);
    assert.deepEqual([real.body, real.headers['strict-transport-security']], ['<p>home', 'max-age=5184000']);
    let isGone = false;
    await until(
      () => isGone,
      () => 'the fall-back or its key is still there',
      async () => {
        isGone = (await entries()).length === 1 && !(await hasKey(container));
      },
    );
  });

  it('redirects, and answers for no other host', async () => {
    const { cert, key } = await (
      await TestAuthority.create('CN=site authority', { key: 'rsa' })
    ).issue({ key: 'rsa' });
    const site = await start({ store: undefined, cert, key });
    const redirect = http.get({
      port: site.httpPort,
      host: '127.0.0.1',
      path: '/x',
      headers: { host: 'localhost' },
    });
    const { status, headers } = await answerTo(redirect);
    assert.deepEqual([status, headers.location], [301, `https://localhost:${site.httpsPort ?? 0}/x`]);
    const options = { headers: { host: 'evil.example' }, rejectUnauthorized: false };
    assert.equal((await get(site, cert, options)).status, 421);
  });

  it('sends no file by another of its names in Windows', async () => {
    await writeFile(path.join(folder, 'page.html'), 'page');
    await writeFile(path.join(folder, '.secret.txt'), 'secret');
    const { cert, key } = await (
      await TestAuthority.create('CN=site authority', { key: 'rsa' })
    ).issue({ key: 'rsa' });
    const site = await start({ store: undefined, cert, key });
    const options = { headers: { host: 'localhost' }, rejectUnauthorized: false };
    const statuses: Record<string, number | undefined> = {};
    for (const url of [
      '/page.html',
      '/PAGE.HTML',
      '/page.html::$DATA',
      '/page.html.',
      '/.secret.txt',
      '/SECRET~1.TXT',
      '/nul',
      '/..%5c',
    ]) {
      statuses[url] = (await get(site, cert, options, url)).status;
    }
    assert.deepEqual(statuses, {
      '/page.html': 200,
      '/PAGE.HTML': 200,
      '/page.html::$DATA': 404,
      '/page.html.': 404,
      '/.secret.txt': 404,
      '/SECRET~1.TXT': 404,
      '/nul': 404,
      '/..%5c': 404,
    });
  });
});
