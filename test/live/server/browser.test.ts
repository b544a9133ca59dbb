import assert from 'node:assert/strict';
import type http from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import * as http2 from 'schannel/http2';
import * as https from 'schannel/https';
import { WebSocketServer } from 'ws';
import { listenOn, textOf, type HttpsPeer } from '../../support/https.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { localhostServer } from '../../support/schannel-server.js';
import { needsVersion } from '../../support/windows.js';

/** What the page reports about itself, once its WebSocket has answered. */
interface PageReport {
  readonly protocol: string;
  readonly isSecureContext: boolean;
  readonly answer: string;
}

/** The same, with the version of TLS that the server saw. */
type Report = PageReport & { readonly tls: string | undefined };

const PAGE = `<!doctype html><title>by Schannel</title><script>
const socket = new WebSocket('wss://' + location.host + '/');
socket.onopen = () => socket.send('ping');
socket.onmessage = ({ data }) => {
  const [{ nextHopProtocol: protocol }] = performance.getEntriesByType('navigation');
  fetch('/report', { method: 'POST', body: JSON.stringify({ protocol, isSecureContext, answer: data }) });
};
</script>`;

/** The page, and the place where it reports. */
class Site {
  /** The first report. */
  readonly report: Promise<Report>;
  requests = 0;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  #peer: HttpsPeer | null = null;

  constructor(make: (listener: http.RequestListener) => Server) {
    let reported: (report: Report) => void;
    this.report = new Promise((resolve) => {
      reported = resolve;
    });
    this.#server = make((request, response) => {
      this.requests += 1;
      void serve(request, response, reported);
    });
    this.#server.on('upgrade', (request: http.IncomingMessage, stream: Duplex, head: Buffer) => {
      this.#sockets.handleUpgrade(request, stream, head, (socket) => {
        socket.on('message', (data: Buffer) => socket.send(`pong for ${String(data)}`));
      });
    });
  }

  async browse(trusted: boolean, flags: readonly string[] = []): Promise<Peer> {
    this.#peer = await listenOn(this.#server);
    const { origin, ca } = this.#peer;
    return startPeer('chromium', [trusted ? '{file:ca.pem}' : '-', `${origin}/`, ...flags], {
      files: { 'ca.pem': ca },
    });
  }

  async close(): Promise<void> {
    this.#sockets.close();
    for (const socket of this.#sockets.clients) socket.terminate();
    await this.#peer?.close();
  }
}

async function serve(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  reported: (report: Report) => void,
): Promise<void> {
  if (request.url === '/report') {
    const tls = (request.socket as { getProtocol?: () => string }).getProtocol?.();
    reported({ ...(JSON.parse(await textOf(request)) as PageReport), tls });
  }
  response.setHeader('content-type', 'text/html');
  response.end(request.url === '/' ? PAGE : '');
}

const SERVERS = {
  'http/1.1': (cert: string, key: string) => (listener: http.RequestListener) =>
    https.createServer({ cert, key }, listener),
  h2: (cert: string, key: string) => (listener: http.RequestListener) =>
    http2.createSecureServer({ cert, key, allowHTTP1: true }, listener as never),
};

const VERSIONS = [
  ['TLSv1.2', ['--ssl-version-max=tls1.2']],
  ['TLSv1.3', []],
] as const;

describe('Chromium', () => {
  let site: Site | undefined;
  let browser: Peer | undefined;
  before(async function () {
    await needsPeer(this, 'chromium');
  });
  afterEach(async () => {
    await browser?.stop();
    await site?.close();
  });

  for (const [protocol, make] of Object.entries(SERVERS)) {
    for (const [version, flags] of VERSIONS) {
      it(`shows a page by ${protocol} over ${version}, whose WebSocket is answered`, async function () {
        needsVersion(this, version);
        const { cert, key } = await localhostServer();
        site = new Site(make(cert, key));
        browser = await site.browse(true, flags);
        assert.deepEqual(await site.report, {
          protocol,
          isSecureContext: true,
          answer: 'pong for ping',
          tls: version,
        });
      });
    }
  }

  it('shows nothing of a server whose authority it does not trust, and says so', async () => {
    const { cert, key } = await localhostServer();
    site = new Site(SERVERS['http/1.1'](cert, key));
    browser = await site.browse(false);
    await browser.waitFor(/net_error -202/); // ERR_CERT_AUTHORITY_INVALID
    assert.equal(site.requests, 0);
  });
});
