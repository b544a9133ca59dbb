import assert from 'node:assert/strict';
import { createHash, type X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type http from 'node:http';
import nodeHttp2 from 'node:http2';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type tls from 'node:tls';
import type { ALPNCallback, TLSSocket } from 'schannel';
import { tlsAlpn, type TlsAlpnSolver } from 'schannel/acme';
import * as http2 from 'schannel/http2';
import * as https from 'schannel/https';
import { native } from '#lib/native/load.js';
import { extensionValues, outlineOf } from '#lib/formats/x509/outline.js';
import { pebbleAccount, solveOrder, taskFor } from '../../support/acme-order.js';
import { answerTo, type HttpsPeer, listenOn, textOf } from '../../support/https.js';
import { startPebble } from '../../support/pebble.js';
import { needsPeer } from '../../support/peers.js';
import { failureOfClient, localhostServer, SchannelServer } from '../../support/schannel-server.js';
import { needsVersion } from '../../support/windows.js';

describe('TLS-ALPN-01 in a server', () => {
  let challenges: TlsAlpnSolver;
  beforeEach(() => {
    challenges = tlsAlpn();
  });

  describe('with pebble', function () {
    before(async function () {
      await needsPeer(this, 'pebble');
    });

    /** Asks again and again while the work goes on. @returns how often it was answered */
    async function beside(work: Promise<unknown>, ask: () => Promise<void>): Promise<number> {
      let [isDone, count] = [false, 0];
      const done = work.finally(() => (isDone = true));
      while (!isDone) {
        await ask();
        count += 1;
      }
      await done;
      return count;
    }

    it('is answered by servers of HTTP/1.1 and of HTTP/2, while visitors are served', async () => {
      const { cert, key } = await localhostServer();
      const folder = await mkdtemp(path.join(tmpdir(), 'schannel-challenges-'));
      const served = tlsAlpn({ folder });
      const failures: Error[] = [];
      /** What became connections of the program. */
      const protocols: unknown[] = [];
      const listening = (
        server: https.Server | http2.Http2SecureServer,
        port?: number,
      ): Promise<HttpsPeer> => {
        server.on('request', (_request: unknown, response: http.ServerResponse) => response.end('as always'));
        server.on('secureConnection', (socket: TLSSocket) => protocols.push(socket.alpnProtocol));
        server.on('tlsClientError', (error: Error) => failures.push(error));
        return listenOn(server, port);
      };
      // Its ALPNCallback is the program's own, and never hears of the ACME server.
      const ALPNCallback: ALPNCallback = () => 'http/1.1';
      const site = await listening(https.createServer({ cert, key, challenges: served, ALPNCallback }));
      const { port, ca, origin } = site;
      // All that the servers and the order have in common is the folder.
      const ordered = tlsAlpn({ folder, port });
      let closing: Promise<void> | undefined;
      const closed = (): Promise<void> => (closing ??= site.close());
      const pebble = await startPebble({ tlsPort: port, refusedNonces: 20 });
      try {
        const account = await pebbleAccount(pebble);
        const names = ['one.example.com', 'two.example.com', '127.0.0.1'];
        // Node's agent says what it speaks: each visit is a connection.
        const visitors = new Agent({ ALPNProtocols: ['http/1.1'] });
        const count = await beside(solveOrder(account, ordered, names), async () => {
          const visit = get({ host: 'localhost', port, ca, agent: visitors });
          assert.equal((await answerTo(visit)).body, 'as always');
        });
        await closed();
        assert.deepEqual([protocols, failures], [Array.from({ length: count }, () => 'http/1.1'), []]);

        const later = await listening(http2.createSecureServer({ cert, key, challenges: served }), port);
        try {
          await solveOrder(account, ordered, ['three.example.com']);
          const visitor = nodeHttp2.connect(origin, { ca });
          assert.equal(await textOf(visitor.request()), 'as always');
          visitor.destroy();
        } finally {
          await later.close();
        }
        assert.deepEqual([protocols.slice(count), failures, await readdir(folder)], [['h2'], [], []]);
      } finally {
        await pebble.stop();
        await rm(folder, { recursive: true });
        await closed();
      }
    });
  });

  describe('for a client', () => {
    const NAME = 'www.bar.example';
    const context = { log: () => undefined };
    const proofIn = ({ raw }: X509Certificate): Uint8Array | undefined =>
      extensionValues(outlineOf(raw)).get('1.3.6.1.5.5.7.1.31');
    /** An OCTET STRING of 32 bytes. */
    const digestOf = (text: string): Buffer =>
      Buffer.concat([Buffer.of(4, 32), createHash('sha256').update(text).digest()]);
    const ACME: tls.ConnectionOptions = {
      ALPNProtocols: ['acme-tls/1'],
      servername: NAME,
      rejectUnauthorized: false,
    };

    let server: SchannelServer;
    let secured: unknown[];
    beforeEach(async () => {
      secured = [];
      server = await SchannelServer.start(
        // A client has to show a certificate; the ACME server has none.
        { challenges, ALPNProtocols: ['h2', 'http/1.1'], requestCert: true },
        (socket) => secured.push(socket.alpnProtocol),
      );
    });
    afterEach(() => server.close());

    /** What an ACME server sees until the server closes. */
    async function shownTo(options: tls.ConnectionOptions = {}) {
      const client = await server.opened({ ...ACME, ...options });
      const certificate = client.getPeerX509Certificate();
      assert.ok(certificate);
      const protocol = client.alpnProtocol;
      const data: unknown[] = [];
      client.on('data', (chunk) => data.push(chunk));
      if (!client.closed) await once(client, 'close');
      return { certificate, protocol, data };
    }

    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`${maxVersion}: it shows the certificate of the challenge, and closes without data`, async function () {
        needsVersion(this, maxVersion);
        const plan = await challenges.plan(taskFor('tls-alpn-01', NAME, 'token'), context);
        await challenges.show(plan, context);
        const { certificate, protocol, data } = await shownTo({ maxVersion });
        assert.deepEqual([protocol, certificate.subjectAltName], ['acme-tls/1', `DNS:${NAME}`]);
        assert.deepEqual(proofIn(certificate), digestOf('token.thumbprint'));
        assert.deepEqual([data, secured], [[], []]);
        await challenges.undo(plan, context);
      });
    }

    it('ends with a client that talks nevertheless', async () => {
      const plan = await challenges.plan(taskFor('tls-alpn-01', NAME, 'token'), context);
      await challenges.show(plan, context);
      const client = server.open(ACME);
      client.write('a word');
      const heard: unknown[] = [];
      client.on('data', (chunk) => heard.push(chunk));
      await failureOfClient(client);
      assert.deepEqual([heard, secured, server.failures], [[], [], []]);
    });

    it('leaves no credential behind', async () => {
      const before = native().handleCounts().credentials;
      const plan = await challenges.plan(taskFor('tls-alpn-01', NAME, 'token'), context);
      await challenges.show(plan, context);
      await shownTo();
      assert.ok(native().handleCounts().credentials > before);
      await challenges.undo(plan, context);
      // Windows releases it on another thread.
      while (native().handleCounts().credentials > before)
        await new Promise((resolve) => setImmediate(resolve));
    });

    it('is over with its end, and never begins for other names, or for clients that want to talk', async () => {
      const plan = await challenges.plan(taskFor('tls-alpn-01', NAME, 'token'), context);
      await challenges.show(plan, context);
      const refused = async (options: tls.ConnectionOptions): Promise<void> => {
        const failed = await failureOfClient(server.open({ ...ACME, ...options }));
        assert.match(failed?.message ?? '', /no application protocol/);
        const { error } = await server.failure();
        assert.equal(error.code, 'ERR_SCHANNEL_PEER_ALPN');
      };
      await refused({ servername: 'other.bar.example' });
      // It is one of ours that is agreed on, and the client has no certificate.
      await failureOfClient(server.open({ ...ACME, ALPNProtocols: ['acme-tls/1', 'h2'] }));
      await server.failure();
      // A later challenge is the one that is shown; the end of the earlier one leaves it alone.
      const later = await challenges.plan(taskFor('tls-alpn-01', NAME, 'later'), context);
      await challenges.show(later, context);
      await challenges.undo(plan, context);
      assert.deepEqual(proofIn((await shownTo()).certificate), digestOf('later.thumbprint'));
      await challenges.undo(later, context);
      await refused({});
    });
  });
});
