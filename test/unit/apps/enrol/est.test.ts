import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { EstCaller, EstVerdict } from '#lib/apps/authority/est.js';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { LONGEST_ANSWER } from '#lib/apps/enrol/exchange.js';
import type { Enrolment } from '#lib/apps/enrol/enrolment.js';
import { type EstOptions } from '#lib/apps/enrol/est.js';
import { submitRequest } from '#lib/apps/enrol/submit-request.js';
import { certsOnly, decodeEst, encodeOnOneLine } from '#lib/formats/est/est-message.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { requestedExtensions, signRequest } from '#lib/formats/request/request-writer.js';
import { wishesOf } from '#lib/windows/request/parse-options.js';
import { AuthorityFolders } from '../../../support/authority-folder.js';
import {
  httpsServer,
  type HttpsServer,
  nodeExchange,
  type NodeIdentity,
} from '../../../support/est-server.js';
import { submitSystem } from '../../../support/submit-system.js';
import { type MemorySigner, memorySigner } from '../../../support/memory-signer.js';

const SECRET = { user: 'device', password: 'säcret:1' };

async function requestFor(signer: MemorySigner, dns = 'device.example'): Promise<Buffer> {
  const wishes = wishesOf({ dns: [dns] });
  const extensions = requestedExtensions({ ...wishes, keyUsage: ['digitalSignature'] }, true);
  return signRequest({ subject: wishes.subject, extensions }, signer);
}

describe('apps/enrol/est', () => {
  const folders = new AuthorityFolders();
  let authority: CertificateAuthority;
  let request: Buffer;
  let identities: Record<string, NodeIdentity>;
  const signer = memorySigner('P-256');

  before(async () => {
    const root = await folders.root();
    authority = await folders.issuing(root);
    request = await requestFor(signer);
  });
  beforeEach(() => {
    identities = {};
  });
  after(() => folders.remove());

  const submit = (
    server: HttpsServer,
    est: Partial<EstOptions> = {},
    csr: Uint8Array = request,
    signal?: AbortSignal,
  ): Promise<Enrolment> =>
    submitRequest(
      csr,
      { est: { url: server.url, ca: server.identity.cert, ...est }, signal },
      submitSystem({ exchange: nodeExchange(identities) }),
    );

  async function withServer(
    listener: RequestListener,
    body: (server: HttpsServer) => Promise<void>,
  ): Promise<void> {
    const server = await httpsServer(listener, authority.pem);
    try {
      await body(server);
    } finally {
      await server.close();
    }
  }

  const served = (
    authenticate: (caller: EstCaller) => EstVerdict,
    body: (server: HttpsServer) => Promise<void>,
  ): Promise<void> =>
    withServer(
      authority.est({
        authenticate,
        onError: (error) => {
          throw error;
        },
      }),
      body,
    );

  const withPassword = ({ user, password }: EstCaller): EstVerdict =>
    user === SECRET.user && password === SECRET.password ? { issue: { template: 'server' } } : 'unauthorized';

  describe('with the authority of this library', () => {
    it('gets a certificate for user and password, with its chain', async () => {
      await served(withPassword, async (server) => {
        const { state, chain } = await submit(server, SECRET);
        assert.equal(state, 'issued');
        const [leaf, issuer, root] = chain.map((der) => new X509Certificate(der));
        assert.ok(leaf !== undefined);
        assert.ok(leaf.publicKey.equals(signer.publicKey));
        assert.equal(leaf.subjectAltName, 'DNS:device.example');
        assert.deepEqual([issuer?.subject, root?.subject], ['CN=Test Issuing', 'CN=Test Root']);
        assert.ok(authority.find(leaf.raw).revoked === null);
      });
    });

    it('is refused without them', async () => {
      await served(withPassword, async (server) => {
        for (const wrong of [{}, { ...SECRET, password: 'x' }]) {
          await assert.rejects(submit(server, wrong), { code: 'ERR_SCHANNEL_ENROL_UNAUTHORIZED' });
        }
      });
    });

    it('renews a certificate by showing it, with another key', async () => {
      await served(
        (caller) => {
          assert.equal(caller.operation === 'renew' ? caller.trusted : true, true);
          return { issue: { template: 'server-client' } };
        },
        async (server) => {
          const { chain } = await submit(server);
          const [first] = chain;
          assert.ok(first !== undefined);
          const key = signer.privateKey.export({ type: 'pkcs8', format: 'pem' });
          identities['first'] = { key: String(key), cert: new X509Certificate(first).toString() };
          const newKey = memorySigner('P-384');
          const renewed = await submit(
            server,
            { certificate: 'first', renew: true },
            await requestFor(newKey, 'other.example'),
          );
          const leaf = new X509Certificate(renewed.chain[0] ?? '');
          assert.ok(leaf.publicKey.equals(newKey.publicKey));
          // The names stay those of the certificate.
          assert.equal(leaf.subjectAltName, 'DNS:device.example');
          await authority.revoke(first);
          const again = await submit(server, { certificate: 'first', renew: true }).catch(
            (error: unknown) => error,
          );
          assert.equal((again as { code: string }).code, 'ERR_SCHANNEL_ENROL_UNAUTHORIZED');
          await assert.rejects(submit(server, { renew: true }), { code: 'ERR_SCHANNEL_ENROL_UNAUTHORIZED' });
        },
      );
    });

    it('waits as long as the authority says', async () => {
      await served(
        () => ({ pendingSeconds: 1800 }),
        async (server) => {
          const { state, retryAfter, chain } = await submit(server);
          assert.deepEqual({ state, retryAfter, chain }, { state: 'pending', retryAfter: 1800, chain: [] });
        },
      );
    });

    it('is told why it is denied, by a person or by the rules', async () => {
      await served(
        () => ({ refuse: 'ask Anna first\u001b[2J' }),
        async (server) => {
          const { state, reason } = await submit(server);
          assert.equal(state, 'denied');
          assert.match(reason ?? '', /^ask Anna first/);
          assert.ok(reason?.includes('\u001b') === false);
        },
      );
      await served(
        () => ({ issue: { template: 'server', names: {} } }),
        async (server) => {
          const { state, reason } = await submit(server).catch((error: unknown) =>
            assert.fail(String(error)),
          );
          assert.equal(state, 'denied');
          assert.match(reason ?? '', /refuses/);
        },
      );
    });

    it('trusts an authority by the fingerprint of its root', async () => {
      const listener = authority.est({ authenticate: withPassword });
      await withServer(listener, async (server) => {
        const root = authority.issuers.at(-1) ?? Buffer.alloc(0);
        const fingerprint = createHash('sha256').update(root).digest('hex');
        // The server's own certificate is not from that root, so trust stops the request.
        await assert.rejects(submit(server, { ca: undefined, fingerprint, ...SECRET }), {
          code: /SELF_SIGNED/,
        });
        await assert.rejects(submit(server, { ca: undefined, fingerprint: 'ab'.repeat(32), ...SECRET }), {
          code: 'ERR_SCHANNEL_ENROL_UNTRUSTED',
        });
        await assert.rejects(submit(server, { fingerprint: 'abcd' }), { code: 'ERR_INVALID_ARG_VALUE' });
      });
    });
  });

  describe('with another server', () => {
    const certificates = (): Buffer => certsOnly([Buffer.from(authority.certificate?.raw ?? [])]);

    const answers =
      (status: number, headers: Record<string, string>, body: string | Buffer): RequestListener =>
      (incoming, response) => {
        incoming.resume();
        response.writeHead(status, headers).end(body);
      };

    for (const [title, status, body] of [
      ['a certificate for another key', 200, () => encodeOnOneLine(certificates())],
      ['text that is not Base64', 200, () => '<html>'],
      ['nothing', 200, () => ''],
      ['Base64 of something else', 200, () => encodeOnOneLine(Buffer.from('hello'))],
      ['a certificate that is cut short', 200, () => encodeOnOneLine(certificates().subarray(0, 200))],
      [
        'more certificates than a chain has',
        200,
        () => encodeOnOneLine(certsOnly(Array(40).fill(authority.certificate?.raw))),
      ],
      ['more than a megabyte', 200, () => 'A'.repeat(LONGEST_ANSWER + 4)],
      ['no EST at all', 404, () => 'nothing here'],
      ['a failure', 500, () => 'oops'],
      ['a redirection', 302, () => ''],
    ] as const) {
      it(`refuses ${title}`, async () => {
        await withServer(answers(status, { location: 'https://localhost:1/' }, body()), async (server) => {
          await assert.rejects(submit(server), { code: 'ERR_SCHANNEL_ENROL_ANSWER' });
        });
      });
    }

    for (const [title, retryAfter, expected] of [
      ['seconds', '30', 30],
      ['a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT', 0],
      ['neither', 'soon', null],
    ] as const) {
      it(`reads Retry-After with ${title}`, async () => {
        await withServer(answers(202, { 'retry-after': retryAfter }, ''), async (server) => {
          assert.equal((await submit(server)).retryAfter, expected);
        });
      });
    }

    it('sends the request in the form of the RFC', async () => {
      const seen: string[] = [];
      const listener: RequestListener = (incoming, response) => {
        let body = '';
        incoming.on('data', (part: Buffer) => (body += part.toString('latin1')));
        incoming.on('end', () => {
          seen.push(
            `${String(incoming.method)} ${String(incoming.url)} ${String(incoming.headers['content-type'])}`,
          );
          assert.ok(readRequest(decodeEst(body) ?? '').publicKey.equals(signer.publicKey));
          response.writeHead(202).end();
        });
      };
      await withServer(listener, async (server) => {
        await submit(server);
        await submit({ ...server, url: `${server.url}/.well-known/est/devices/` });
      });
      assert.deepEqual(seen, [
        'POST /.well-known/est/simpleenroll application/pkcs10',
        'POST /.well-known/est/devices/simpleenroll application/pkcs10',
      ]);
    });

    it('stops when it is told to', async () => {
      const stop = new AbortController();
      const silent: RequestListener = () => stop.abort();
      await withServer(silent, async (server) => {
        await assert.rejects(submit(server, {}, request, stop.signal), { name: 'AbortError' });
      });
    });

    it('sends nothing before the fingerprint is right, and then trusts only that root', async () => {
      const seen: string[] = [];
      let root = Buffer.alloc(0);
      const listener: RequestListener = (incoming, response) => {
        incoming.resume();
        seen.push(
          `${String(incoming.method)} ${incoming.headers.authorization === undefined ? '' : 'password'}`,
        );
        if (incoming.method === 'GET') response.end(encodeOnOneLine(certsOnly([root])));
        else response.writeHead(202).end();
      };
      await withServer(listener, async (server) => {
        root = new X509Certificate(server.identity.cert).raw;
        const right = createHash('sha256').update(root).digest('hex').replace(/../g, '$&:').slice(0, -1);
        const wrong = 'ab'.repeat(32);
        await assert.rejects(submit(server, { ca: undefined, fingerprint: wrong, ...SECRET }), {
          code: 'ERR_SCHANNEL_ENROL_UNTRUSTED',
        });
        assert.deepEqual(seen, ['GET ']);
        assert.equal(
          (await submit(server, { ca: undefined, fingerprint: right, ...SECRET })).state,
          'pending',
        );
        assert.deepEqual(seen, ['GET ', 'GET ', 'POST password']);
      });
    });

    for (const url of ['http://ca.example', 'ca.example', 'https://user:secret@ca.example']) {
      it(`refuses the address ${url}`, async () => {
        const est = { url };
        await assert.rejects(submitRequest(request, { est }), { code: 'ERR_INVALID_ARG_VALUE' });
      });
    }
  });
});
