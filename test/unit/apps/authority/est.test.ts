import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer, get } from 'node:http';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import type { EstOptions } from '#lib/apps/authority/est.js';
import { AuthorityFolders, QUICK_KEY } from '../../../support/authority-folder.js';
import { httpsServer, type HttpsServer } from '../../../support/est-server.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { needsStrongswan, Strongswan } from '../../../support/strongswan.js';
import { rsaPair } from '../../../support/rsa-pair.js';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
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
    { method = 'GET', body = '', agent = 'test' }: { method?: string; body?: string; agent?: string } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = https.request(
        new URL(path, url),
        { method, ca: identity.cert, family: 4, agent: false, headers: { 'user-agent': agent } },
        (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () => {
            const { statusCode = 0, headers, rawHeaders } = response;
            resolve({ status: statusCode, headers, rawHeaders, body: text });
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

  describe("for the client of strongSwan's pki", () => {
    // Its own certificates lead to lists and OCSP, which nobody answers there.
    const url = 'http://127.0.0.1:9/';
    const strongswan = new Strongswan();
    let issuer: CertificateAuthority;
    before(async function () {
      needsStrongswan(this);
      issuer = await folders.root({ url, key: { ...QUICK_KEY, algorithm: 'rsa', namedCurve: undefined } });
    });
    after(() => strongswan.remove());

    it('shows its authorities, lets it wait, issues and renews', async () => {
      const callers: string[] = [];
      const authenticate: EstOptions['authenticate'] = ({ operation, user, password, trusted }) => {
        callers.push([operation, user, password, trusted].join());
        if (operation === 'renew') return { issue: {} };
        return callers.length === 1 ? { pendingSeconds: 1 } : { issue: { template: 'server-client' } };
      };
      const { publicKey, privateKey } = rsaPair();
      const names = { dns: ['localhost'] };
      const { pem: cert } = await issuer.issue({ publicKey, names }, { template: 'server' });
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const server = await httpsServer(issuer.est({ authenticate }), issuer.pem, { cert, key });
      try {
        strongswan.write('ca.pem', issuer.pem);
        strongswan.write('key.pem', await strongswan.run('--gen', '--type', 'rsa', '--outform', 'pem'));
        const request = ['--req', '--type', 'rsa', '--in', 'key.pem', '--dn', 'CN=device.example'];
        strongswan.write('request.der', await strongswan.run(...request, '--san', 'device.example'));
        const at = ['--url', server.url, '--cacert', 'ca.pem', '--outform', 'pem'];
        await strongswan.run('--estca', ...at, '--caout', 'found');
        assert.equal(
          new X509Certificate(strongswan.read('found.pem')).fingerprint256,
          new X509Certificate(issuer.pem).fingerprint256,
        );
        const enrol = ['--est', ...at, '--in', 'request.der', '--interval', '1'];
        strongswan.write('cert.pem', await strongswan.run(...enrol, '--userpass', 'device:secret'));
        const issued = new X509Certificate(strongswan.read('cert.pem'));
        assert.equal(issued.subjectAltName, 'DNS:device.example');
        const renewed = await strongswan.run(...enrol, '--cert', 'cert.pem', '--key', 'key.pem');
        assert.equal(issuer.find(renewed.toString()).renews, issued.serialNumber);
        assert.deepEqual(callers, ['enrol,device,secret,false', 'enrol,device,secret,false', 'renew,,,true']);
      } finally {
        await server.close();
        await issuer.close();
      }
    });
  });

  it('sends what clients of devices read: names of headers as ever, and lines for libest', async () => {
    await serve(async (server) => {
      const path = '/.well-known/est/cacerts';
      const { rawHeaders, body } = await ask(server, path);
      for (const name of ['Content-Type', 'Content-Length', 'Content-Transfer-Encoding']) {
        assert.ok(rawHeaders.includes(name), rawHeaders.join());
      }
      assert.doesNotMatch(body, /\s/);
      const lines = (await ask(server, path, { agent: 'libest 3.2.0p' })).body;
      assert.match(lines, /^([A-Za-z0-9+/=]{1,64}\r\n)+$/);
      assert.equal(lines.replaceAll('\r\n', ''), body);
    });
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
