import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { signedRequest, type SignedRequestOptions } from '#lib/adapters/negotiate/signed-request.js';
import type { NegotiateOptions, SignIn } from '#lib/adapters/negotiate/tokens.js';

const base64 = (token: string): string => Buffer.from(token).toString('base64');

/** What a server does about a request; `leg` counts from 1 on each connection. */
type Behaviour = (request: http.IncomingMessage, response: http.ServerResponse, leg: number) => void;

const refuse = (response: http.ServerResponse, challenge: string, page = 'no'): void => {
  response.writeHead(401, { 'www-authenticate': challenge }).end(page);
};

describe('adapters/negotiate/signed-request', () => {
  let server: http.Server;
  let behave: Behaviour;
  let connections: number;
  /** What the sign-in was asked for and given, in order. */
  let said: unknown[];

  before(async () => {
    const legs = new WeakMap<Socket, number>();
    server = http.createServer((request, response) => {
      const leg = (legs.get(request.socket) ?? 0) + 1;
      legs.set(request.socket, leg);
      behave(request, response, leg);
    });
    server.on('connection', () => (connections += 1));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  beforeEach(() => {
    connections = 0;
    said = [];
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Its tokens say which leg they are for. */
  function signIn({ host, socket, scheme, account }: NegotiateOptions): SignIn {
    said.push({ host, hasSocket: socket !== null, scheme, account });
    let leg = 0;
    return {
      mechanism: null,
      next: (token) => {
        said.push(token && String(Buffer.from(token)));
        leg += 1;
        return Promise.resolve(Buffer.from(`token ${String(leg)}`));
      },
      finish: (token) => {
        said.push({ finish: token && String(Buffer.from(token)) });
        return String(Buffer.from(token ?? [])) === 'forged'
          ? Promise.reject(new Error('forged'))
          : Promise.resolve();
      },
      close: () => said.push('closed'),
    };
  }

  const ask = (
    options: SignedRequestOptions = {},
    url = 'https://intranet.example/page',
  ): Promise<http.IncomingMessage> =>
    signedRequest(url, options, {
      createAgent: () => new http.Agent({ keepAlive: true, maxSockets: 1 }),
      send: ({ pathname }, sent) => {
        const { port } = server.address() as AddressInfo;
        return http.request({ ...sent, host: '127.0.0.1', port, path: pathname });
      },
      negotiate: signIn,
    });

  it('says nothing about an account to a server that does not ask', async () => {
    behave = ({ headers }, response) => response.end(String(headers.authorization));
    const response = await ask();
    assert.equal(await text(response), 'undefined');
    assert.deepEqual(said, []);
  });

  it('signs in by two legs, and checks the last token', async () => {
    behave = ({ headers, url }, response) => {
      if (headers.authorization === undefined) refuse(response, 'Negotiate, NTLM');
      else
        response
          .writeHead(200, { 'www-authenticate': `Negotiate ${base64('last')}` })
          .end(`${String(url)} ${headers.authorization}`);
    };
    const response = await ask({ headers: { accept: 'text/plain' } });
    assert.equal(await text(response), `/page Negotiate ${base64('token 1')}`);
    const begun = { host: 'intranet.example', hasSocket: true, scheme: 'negotiate', account: undefined };
    assert.deepEqual(said, [begun, null, { finish: 'last' }, 'closed']);
    assert.equal(connections, 1);
  });

  it('signs in by the three legs of NTLM on one connection, with the body in each', async () => {
    behave = (request, response, leg) => {
      void text(request).then((body) => {
        if (leg === 1) refuse(response, 'NTLM');
        else if (leg === 2) refuse(response, `NTLM ${base64('challenge')}`);
        else response.end(`${body} ${String(request.headers.authorization)}`);
      });
    };
    const account = { user: 'COMPANY\\anna', password: 'secret' };
    const response = await ask({ scheme: 'ntlm', account, method: 'POST', body: 'body' });
    assert.equal(await text(response), `body NTLM ${base64('token 2')}`);
    assert.deepEqual(said.slice(1), [null, 'challenge', { finish: null }, 'closed']);
    assert.equal(connections, 1);
  });

  it('returns the refusal of a server that offers another scheme, or refuses the account', async () => {
    behave = (_request, response) => refuse(response, 'Basic realm="x"');
    assert.equal((await ask()).resume().statusCode, 401);
    assert.deepEqual(said, []);
    behave = (_request, response) => refuse(response, 'Negotiate', 'not you');
    const response = await ask();
    assert.equal(response.statusCode, 401);
    assert.equal(await text(response), 'not you');
    assert.deepEqual(said.slice(1), [null, 'closed']);
  });

  it('begins on a new connection if the server closes the first one, and on no third', async () => {
    behave = ({ headers }, response, leg) => {
      response.shouldKeepAlive = false;
      if (headers.authorization === undefined) refuse(response, 'NTLM');
      else refuse(response, `NTLM ${base64(`challenge ${String(leg)}`)}`);
    };
    await assert.rejects(ask({ scheme: 'ntlm' }), {
      code: 'ERR_SCHANNEL_PEER_SIGN_IN',
      message: /changes the connection between legs/,
    });
    assert.equal(said.at(-1), 'closed');
  });

  it('refuses a server that goes on without an end, or talks too much', async () => {
    behave = (_request, response) => refuse(response, `Negotiate ${base64('more')}`);
    await assert.rejects(ask(), { code: 'ERR_SCHANNEL_PEER_SIGN_IN', message: /more than 8 legs/ });
    behave = (_request, response) => refuse(response, 'Negotiate', 'x'.repeat(100_000));
    await assert.rejects(ask(), { code: 'ERR_SCHANNEL_PEER_SIGN_IN', message: /more than 65536 bytes/ });
    assert.equal(said.at(-1), 'closed');
  });

  it('returns no page of a server whose last token is wrong', async () => {
    behave = ({ headers }, response) => {
      if (headers.authorization === undefined) refuse(response, 'Negotiate');
      else response.writeHead(200, { 'www-authenticate': `Negotiate ${base64('forged')}` }).end('page');
    };
    await assert.rejects(ask(), /forged/);
    assert.equal(said.at(-1), 'closed');
  });

  it('is aborted by its signal', async () => {
    behave = () => undefined;
    await assert.rejects(ask({ signal: AbortSignal.abort() }), { name: 'AbortError' });
  });

  it('refuses an address without TLS, and an unknown scheme', async () => {
    await assert.rejects(ask({}, 'http://intranet.example/'), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(ask({ scheme: 'basic' as 'ntlm' }), { code: 'ERR_INVALID_ARG_VALUE' });
  });
});
