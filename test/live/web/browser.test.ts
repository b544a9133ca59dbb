import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serve } from 'schannel/web';
import { deferred } from '#lib/base/async/deferred.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';
import { skipOnDouble } from '../../support/windows.js';

const PAGE = `<!doctype html><title>site</title><link rel="icon" href="data:,">
<script>fetch('/report?inline')</script><script src="page.js"></script>`;
const SCRIPT = "fetch('/report?' + isSecureContext + ' ' + location.protocol);";

describe('a site in a real browser', function () {
  before(async function () {
    skipOnDouble(this, 'what the browser does is the same');
    await needsPeer(this, 'chromium');
  });

  it('gets the visitor to HTTPS, and lets nobody else run scripts in its pages', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'schannel-site-'));
    await writeFile(path.join(folder, 'index.html'), PAGE);
    await writeFile(path.join(folder, 'page.js'), SCRIPT);
    const reports: string[] = [];
    const reported = deferred();
    const { cert, key } = await localhostServer();
    const site = await serve({
      ...{ names: ['localhost'], address: '127.0.0.1', https: 0, http: 0, cert, key, static: folder },
      app: ({ url = '' }, response) => {
        reports.push(decodeURIComponent(url));
        response.end();
        if (url.includes('https')) reported.resolve();
      },
    });
    const { cert: ca } = (await serverRoot()).certificate;
    const browser = await startPeer(
      'chromium',
      ['{file:ca.pem}', `http://localhost:${site.httpPort ?? 0}/`],
      { files: { 'ca.pem': ca } },
    );
    try {
      await reported.promise;
      // The page's own script comes after the other one.
      assert.deepEqual(reports, ['/report?true https:']);
    } finally {
      await browser.stop();
      assert.equal(await site.close(), 0);
      await rm(folder, { recursive: true });
    }
  });
});
