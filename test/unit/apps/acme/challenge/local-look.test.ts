import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { challengeCertificate } from '#lib/apps/acme/challenge/challenge-certificate.js';
import { askByHttp, askByTls, checkedPort, lookAtAnswers } from '#lib/apps/acme/challenge/local-look.js';

describe('apps/acme/challenge/local-look', () => {
  const plan = { value: 'bar.example', token: 'token', keyAuthorization: 'token.thumbprint' };

  /** What is logged if a server answers so. */
  async function logged(answer: http.RequestListener, plans = [plan]): Promise<string[]> {
    const server = http.createServer(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const log: string[] = [];
    await lookAtAnswers(plans, askByHttp, port, { log: (text) => log.push(text.replace(String(port), 'N')) });
    server.close();
    server.closeAllConnections();
    return log;
  }
  const fault = (what: string): string[] => [
    `Port N of this machine does not show the answer for bar.example: ${what}. The order goes on.`,
  ];

  it('asks as the ACME server does, and is silent if the answer is there', async () => {
    const asked: unknown[] = [];
    const log = await logged(
      (request, response) => {
        asked.push(request.method, request.url, request.headers.host);
        response.end('token.thumbprint\n');
      },
      [plan, { ...plan, value: '2001:db8::1' }],
    );
    const url = '/.well-known/acme-challenge/token';
    assert.deepEqual(asked, ['GET', url, 'bar.example', 'GET', url, '[2001:db8::1]']);
    assert.deepEqual(log, []);
  });

  it('leaves redirects to the ACME server', async () => {
    assert.deepEqual(await logged((_request, response) => response.writeHead(301).end()), []);
  });

  for (const [what, answer] of [
    ['the status is 404', (_request, response) => response.writeHead(404).end()],
    ['it shows something else', (_request, response) => response.end('It works!')],
    ['it shows something else', (_request, response) => response.end('x'.repeat(100_000))],
    ['socket hang up', (request) => request.socket.destroy()],
  ] as const satisfies readonly (readonly [string, http.RequestListener])[]) {
    it(`says what is there instead: ${what}`, async () => {
      assert.deepEqual(await logged(answer), fault(what));
    });
  }

  it('says that nobody listens, and asks nobody if it is told so', async () => {
    const server = http.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const log: string[] = [];
    const context = { log: (text: string) => log.push(text.replace(String(port), 'N')) };
    await lookAtAnswers([plan], askByHttp, port, context);
    assert.deepEqual(log, fault('nobody listens there'));
    await lookAtAnswers([plan], askByHttp, 0, context);
    assert.equal(log.length, 1);
    await assert.rejects(
      lookAtAnswers([plan], askByHttp, port, { ...context, signal: AbortSignal.abort() }),
      {
        name: 'AbortError',
      },
    );
    assert.throws(() => checkedPort(65_536), { code: 'ERR_OUT_OF_RANGE' });
  });

  describe('by TLS', () => {
    const ask = askByTls(() => 'bar.example.in-addr.arpa');

    async function loggedByTls(options: tls.TlsOptions): Promise<string[]> {
      const server = tls.createServer(options);
      server.on('tlsClientError', () => undefined);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const log: string[] = [];
      await lookAtAnswers([plan], ask, port, { log: (text) => log.push(text.replace(String(port), 'N')) });
      server.close();
      return log;
    }

    it('is silent if the proof is shown to the protocol of ACME, and says what is there instead', async () => {
      const NAME = { type: 'dns', value: 'bar.example' } as const;
      const names: string[] = [];
      const right = {
        ...(await challengeCertificate(NAME, plan.keyAuthorization)),
        ALPNProtocols: ['acme-tls/1'],
        SNICallback: (name: string, done: (error: Error | null, context?: tls.SecureContext) => void) => {
          names.push(name);
          done(null);
        },
      };
      assert.deepEqual(await loggedByTls(right), []);
      assert.deepEqual(names, ['bar.example.in-addr.arpa']);
      const other = await challengeCertificate(NAME, 'other');
      assert.deepEqual(await loggedByTls({ ...right, ...other }), fault('it shows something else'));
      const [refused = ''] = await loggedByTls({ ...right, ALPNProtocols: ['h2'] });
      assert.match(refused, /no application protocol/);
    });
  });
});
