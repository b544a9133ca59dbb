import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'schannel';
import { releaseUnusedResources } from 'schannel';
import * as https from 'schannel/https';
import { CertificateAuthority, type KeyReference } from 'schannel/pki';
import { openKey, openStore } from 'schannel/store';
import { answerTo, listenOn, type HttpsPeer } from '../../support/https.js';
import { listContainers } from '../../support/native-store.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { schannel } from '../../support/schannel-process.js';
import { onWine } from '../../support/windows.js';

/**
 * The way that docs/pki.md shows: an authority with its key in Windows, a server, and clients, of which one is
 * revoked.
 */
describe('an authority with its key in Windows', () => {
  let folder: string;
  let reference: KeyReference | null = null;
  let published: http.Server;
  let authority: CertificateAuthority;
  let serverPair: { readonly cert: string; readonly key: string };
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-ca-'));
    published = http.createServer();
    await once(published.listen(0, '127.0.0.1'), 'listening');
    const { port } = published.address() as AddressInfo;
    authority = await CertificateAuthority.init(path.join(folder, 'ca'), {
      subject: 'CN=Live Root, O=Bar',
      url: `http://127.0.0.1:${port}/`,
      key: { windows: { silent: true } },
    });
    reference = authority.keyReference;
    published.on('request', authority.handler());
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const names = { dns: ['localhost'], ip: ['127.0.0.1'] };
    const { pem } = await authority.issue({ publicKey, names }, { template: 'server' });
    serverPair = { cert: pem, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  });
  after(async () => {
    published.closeAllConnections();
    published.close();
    await authority.close();
    if (reference?.kind === 'windows') {
      const { container: name, provider, providerType } = reference;
      await (await openKey({ name, provider, providerType })).delete();
      assert.ok(!(await listContainers()).includes(name));
    }
    rmSync(folder, { recursive: true });
  });

  /** A client's certificate as the command makes it: a PFX with a password. */
  async function pfxFor(name: string): Promise<Buffer> {
    const file = path.join(folder, `${name}.pfx`);
    const args = [
      'ca',
      'new',
      authority.folder,
      '--template',
      'client',
      '--subject',
      `CN=${name}`,
      '--pfx',
      file,
    ];
    const { code, stderr } = await schannel(args, { env: { SCHANNEL_PASSWORD: `for ${name}` } });
    assert.equal(code, 0, stderr);
    return readFileSync(file);
  }

  /** What a client with this PFX is answered; the code of the server's refusal otherwise. */
  async function visit(peer: HttpsPeer & { readonly server: https.Server }, name: string): Promise<string> {
    const refused = new Promise<string>((resolve) => {
      peer.server.once('tlsClientError', (error: Error) => resolve(String(Reflect.get(error, 'code'))));
    });
    const pfx = readFileSync(path.join(folder, `${name}.pfx`));
    const ca = authority.pem;
    const request = https.get({
      host: '127.0.0.1',
      port: peer.port,
      pfx,
      passphrase: `for ${name}`,
      ca,
      agent: false,
    });
    const answered = answerTo(request).then(
      ({ body }) => body,
      () => refused,
    );
    return Promise.race([answered, refused]);
  }

  async function serve(options: https.ServerOptions): Promise<HttpsPeer & { readonly server: https.Server }> {
    const server = https.createServer(
      { ...serverPair, ca: authority.pem, requestCert: true, rejectUnauthorized: true, ...options },
      ({ socket }, response) => {
        response.end(`hello, ${String((socket as TLSSocket).getPeerCertificate()?.subject.CN)}`);
      },
    );
    return { ...(await listenOn(server)), server };
  }

  it('signs after it was opened again', async () => {
    const again = await CertificateAuthority.open(authority.folder);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { certificate } = await again.issue({ publicKey, names: { dns: ['again.example'] } });
    assert.ok(certificate !== null && authority.certificate !== null);
    assert.ok(certificate.x509.verify(authority.certificate.publicKey));
    await again.close();
  });

  it('lets a server admit only its holders, and not one that was revoked once the list is out', async () => {
    await pfxFor('anna');
    await pfxFor('ben');
    const crl = await authority.crl();
    const peer = await serve({ crl: crl.der });
    try {
      assert.equal(await visit(peer, 'anna'), 'hello, anna');
      assert.equal(await visit(peer, 'ben'), 'hello, ben');
      const { list } = await authority.revoke('anna', { reason: 'keyCompromise' });
      assert.ok(list);
      peer.server.setSecureContext({
        ...serverPair,
        ca: authority.pem,
        crl: list.der,
      });
      assert.equal(await visit(peer, 'anna'), 'CERT_REVOKED');
      assert.equal(await visit(peer, 'ben'), 'hello, ben');
    } finally {
      await peer.close();
      await releaseUnusedResources();
    }
  });

  it('is asked by Windows at the addresses in its certificates', async () => {
    await pfxFor('carl');
    await pfxFor('dora');
    await authority.revoke('dora', { reason: 'superseded' });
    const peer = await serve({ revocation: 'hard' });
    try {
      assert.equal(await visit(peer, 'carl'), 'hello, carl');
      assert.equal(await visit(peer, 'dora'), 'CERT_REVOKED');
    } finally {
      await peer.close();
      await releaseUnusedResources();
    }
  });

  it('puts its list into the store in which Windows looks for it', async () => {
    using store = await openStore('CA');
    const installed = async (): Promise<unknown> => {
      const { code, stdout, stderr } = await schannel(['ca', 'crl', authority.folder, '--install', '--json']);
      assert.equal(code, 0, stderr);
      return Reflect.get(JSON.parse(stdout) as object, 'installed');
    };
    const { der: older } = await authority.crl();
    assert.equal(await store.addRevocationList(older), true);
    assert.deepEqual(await installed(), { store: 'CurrentUser\\CA', isNew: true });
    await authority.refresh();
    const newer = (await authority.presentCrl())?.der;
    assert.ok(newer !== undefined);
    const has = async (list: Buffer): Promise<boolean> =>
      (await store.revocationLists()).some((each) => each.equals(list));
    assert.ok(await has(newer));
    assert.equal(await store.addRevocationList(older), false);
    // Wine's stores keep the older one too, end the process when a list is removed, and go after the run.
    if (onWine()) return;
    assert.ok(!(await has(older)));
    assert.equal(await store.removeRevocationList(newer), true);
  });

  it('is shown by Chromium what its holders may see, and only with the PFX of one of them', async function () {
    await needsPeer(this, 'chromium');
    const pfx = await pfxFor('emil');
    const peer = await serve({});
    /** The first request, or the refusal. A browser that has to choose a certificate hangs up, and comes again. */
    const first = (): Promise<string> =>
      new Promise((resolve) => {
        peer.server.once('request', ({ url }: http.IncomingMessage) => resolve(`asked for ${String(url)}`));
        peer.server.on('tlsClientError', (error: Error) => {
          const code = String(Reflect.get(error, 'code'));
          if (code !== 'ECONNRESET') resolve(code);
        });
      });
    const browse = async (flags: readonly string[]): Promise<string> => {
      const seen = first();
      const page = `https://localhost:${peer.port}/`;
      const browser = await startPeer('chromium', ['{file:ca.pem}', page, ...flags], {
        files: { 'ca.pem': authority.pem, 'client.pfx': pfx.toString('base64') },
      });
      try {
        return await seen;
      } finally {
        await browser.stop();
      }
    };
    try {
      assert.equal(await browse([]), 'UNABLE_TO_GET_ISSUER_CERT');
      assert.equal(
        await browse(['--client-pfx={file:client.pfx}', '--client-password=for emil']),
        'asked for /',
      );
    } finally {
      await peer.close();
      await releaseUnusedResources();
    }
  });

  it('is in order', async () => {
    const { problems, certificates } = await authority.verify();
    assert.deepEqual(problems, []);
    assert.ok(certificates > 5);
  });
});
