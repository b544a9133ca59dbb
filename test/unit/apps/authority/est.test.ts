import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import type { EstOptions } from '#lib/apps/authority/est.js';
import { AuthorityFolders } from '../../../support/authority-folder.js';
import { httpsServer, type HttpsServer } from '../../../support/est-server.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Requests as they are on the wire: the client of this library is not used. */
describe('apps/authority/est', () => {
  const folders = new AuthorityFolders();
  let authority: CertificateAuthority;

  before(async () => {
    authority = await folders.issuing(await folders.root());
  });
  after(() => folders.remove());

  const issue: EstOptions['authenticate'] = () => ({ issue: { template: 'server' } });

  async function serve(
    body: (server: HttpsServer) => Promise<void>,
    options?: Partial<EstOptions>,
  ): Promise<void> {
    const server = await httpsServer(authority.est({ authenticate: issue, ...options }), authority.pem);
    try {
      await body(server);
    } finally {
      await server.close();
    }
  }

  const ask = (
    { url, identity }: HttpsServer,
    path: string,
    { method = 'GET', body = '' }: { method?: string; body?: string } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = https.request(
        new URL(path, url),
        { method, ca: identity.cert, family: 4, agent: false },
        (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });

  const enrol = (server: HttpsServer, body: string): Promise<Answer> =>
    ask(server, '/.well-known/est/simpleenroll', { method: 'POST', body });

  /** OpenSSL's request for a new key, in x.csr. */
  function newRequest(openssl: Openssl, subject: string, ...more: readonly string[]): void {
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'k'];
    openssl.run('req', '-new', ...key, '-subj', subject, ...more, '-outform', 'DER', '-out', 'x.csr');
  }

  it("issues for OpenSSL's request a certificate that OpenSSL reads and trusts", async function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    newRequest(openssl, '/CN=x.example', '-addext', 'subjectAltName=DNS:x.example');
    openssl.run('base64', '-in', 'x.csr', '-out', 'x.b64');
    await serve(async (server) => {
      const { status, headers, body } = await enrol(server, openssl.read('x.b64').toString());
      assert.equal(status, 200, body);
      assert.equal(headers['content-type'], 'application/pkcs7-mime; smime-type=certs-only');
      assert.equal(headers['content-length'], String(body.length));
      const roots = await ask(server, '/.well-known/est/label/cacerts');
      for (const [name, text] of [
        ['leaf', body],
        ['roots', roots.body],
      ] as const) {
        openssl.write(`${name}.p7b`, Buffer.from(text, 'base64'));
        openssl.run('pkcs7', '-inform', 'DER', '-in', `${name}.p7b`, '-print_certs', '-out', `${name}.pem`);
      }
      const verified = openssl.run(
        'verify',
        '-x509_strict',
        '-CAfile',
        'roots.pem',
        '-purpose',
        'sslserver',
        'leaf.pem',
      );
      assert.match(verified, /leaf\.pem: OK/);
    });
    openssl.remove();
  });

  for (const [title, body, status] of [
    ['no Base64', '<xml>', 400],
    ['no request', Buffer.from('hello').toString('base64'), 400],
    ['nothing', '', 400],
    ['too much', 'A'.repeat(100_000), 413],
  ] as const) {
    it(`refuses ${title} before anybody decides about it`, async () => {
      const never = (): never => assert.fail('asked');
      await serve(
        async (server) => {
          const answer = await enrol(server, body);
          assert.equal(answer.status, status, answer.body);
          assert.match(String(answer.headers['content-type']), /^text\/plain/);
        },
        { authenticate: never },
      );
    });
  }

  for (const [path, method, status] of [
    ['/.well-known/est/csrattrs', 'GET', 204],
    ['/.well-known/est/serverkeygen', 'POST', 404],
    ['/.well-known/est/cacerts', 'POST', 405],
    ['/.well-known/est/simpleenroll', 'GET', 405],
    ['/.well-known/est/simplereenroll', 'POST', 403],
    ['/.well-known/est/../est/cacerts/x/y', 'GET', 404],
    ['/other', 'GET', 404],
  ] as const) {
    it(`answers ${method} ${path} with ${String(status)}`, async () => {
      await serve(async (server) => {
        assert.equal((await ask(server, path, { method })).status, status);
      });
    });
  }

  it('gives an error of the caller to onError, and says nothing of it', async function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    newRequest(openssl, '/CN=x');
    const request = openssl.read('x.csr').toString('base64');
    openssl.remove();
    const errors: unknown[] = [];
    const failure = new Error('the database is at 10.0.0.7');
    await serve(
      async (server) => {
        const { status, body } = await enrol(server, request);
        assert.equal(status, 500);
        assert.doesNotMatch(body, /database/);
        assert.deepEqual(errors, [failure]);
      },
      {
        authenticate: () => {
          throw failure;
        },
        onError: (error) => errors.push(error),
      },
    );
  });

  it('is not spoken without TLS', async () => {
    const server = createServer(authority.est({ authenticate: issue }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const request = get(`http://127.0.0.1:${String(port)}/.well-known/est/cacerts`, { agent: false });
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    assert.equal(response.statusCode, 400);
    response.resume();
    server.close();
    await once(server, 'close');
  });
});
