import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import nodeHttps from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as https from 'schannel/https';
import { CertificateAuthority, completeRequest, type CreatedRequest, submitRequest } from 'schannel/pki';
import { listenOn, type HttpsPeer, type ServerKind } from '../../support/https.js';
import { OwnRequests } from '../../support/own-requests.js';

/** The key of the client is in Windows, and its connections are Schannel's. */
describe('EST', () => {
  const id = randomUUID();
  const host = `${id}.example`;
  const own = new OwnRequests(id);
  let folder: string;
  let authority: CertificateAuthority;
  let pair: { readonly cert: string; readonly key: string };

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-est-'));
    authority = await CertificateAuthority.init(path.join(folder, 'ca'), {
      subject: `CN=EST root ${id}`,
      url: 'http://pki.example/',
      key: { passphrase: 'secret', algorithm: 'rsa', iterations: 1000 },
    });
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { pem } = await authority.issue(
      { publicKey, names: { dns: ['localhost'] } },
      { template: 'server' },
    );
    pair = { cert: pem, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  });
  afterEach(() => own.remove());
  after(async () => {
    await authority.close();
    rmSync(folder, { recursive: true });
  });

  function serve(kind: ServerKind): Promise<HttpsPeer> {
    const listener = authority.est({
      authenticate: ({ operation, user, password }) =>
        operation === 'renew' || (user === 'device' && password === 'secret')
          ? { issue: { template: 'server-client' } }
          : 'unauthorized',
    });
    const options = { ...pair, ca: authority.pem, requestCert: true, rejectUnauthorized: false };
    return listenOn(
      kind === 'schannel' ? https.createServer(options, listener) : nodeHttps.createServer(options, listener),
    );
  }

  const request = (): Promise<CreatedRequest> =>
    own.create({ dns: [host], friendlyName: `est ${id}`, usages: ['server', 'client'] });

  const pemOf = (chain: readonly Buffer[]): Buffer =>
    Buffer.from(chain.map((der) => new X509Certificate(der).toString()).join('\n'));

  for (const kind of ['node:https', 'schannel'] as const) {
    it(`enrols at a server of ${kind}, and renews by the certificate in Windows`, async () => {
      const server = await serve(kind);
      try {
        const est = { url: server.origin, ca: authority.pem };
        const first = await request();
        await assert.rejects(submitRequest(first.request, { est }), {
          code: 'ERR_SCHANNEL_ENROL_UNAUTHORIZED',
        });
        const answer = await submitRequest(first.request, {
          est: { ...est, user: 'device', password: 'secret' },
        });
        assert.equal(answer.state, 'issued');
        using completed = await completeRequest(pemOf(answer.chain));
        const { reference, thumbprint } = completed.certificate;
        assert.deepEqual(completed.certificate.dnsNames, [host]);
        assert.ok(reference !== null);

        const second = await request();
        const renewed = await submitRequest(second.request, {
          est: { ...est, certificate: reference, renew: true },
        });
        assert.equal(renewed.state, 'issued');
        using replacement = await completeRequest(pemOf(renewed.chain));
        assert.notEqual(replacement.certificate.thumbprint, thumbprint);
        assert.deepEqual(replacement.certificate.dnsNames, [host]);
        assert.equal(authority.find(replacement.certificate.raw).renews, completed.certificate.serialNumber);
      } finally {
        await server.close();
      }
    });
  }
});
