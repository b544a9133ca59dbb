import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { type ConnectorOptions, schannelConnector } from '#lib/adapters/undici.js';
import { createProxy } from '../../support/proxy.js';

const open: net.Server[] = [];

async function listening<Server extends net.Server>(
  server: Server,
): Promise<{ server: Server; port: number }> {
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** What undici would get for a URL without TLS: that with TLS needs Windows. */
const connected = (options: ConnectorOptions, port: number): Promise<net.Socket> =>
  new Promise((resolve, reject) => {
    const target = { hostname: 'localhost', protocol: 'http:', port: String(port) };
    schannelConnector(options)(target, (...[error, socket]) => {
      if (socket === null) reject(error);
      else resolve(socket);
    });
  });

describe('adapters/undici', () => {
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });

  it('opens a tunnel through a proxy, for plain HTTP too', async () => {
    const target = await listening(net.createServer((socket) => socket.end('hello')));
    const asked: (string | undefined)[] = [];
    const proxy = await listening(
      createProxy(null).on('connect', ({ url }: http.IncomingMessage) => asked.push(url)),
    );
    const socket = await connected({ proxy: `http://127.0.0.1:${proxy.port}` }, target.port);
    assert.equal(String((await once(socket, 'data'))[0]), 'hello');
    assert.deepEqual(asked, [`localhost:${target.port}`]);
  });

  it('does not pass a proxy that refuses', async () => {
    const target = await listening(net.createServer(() => assert.fail('it was connected to')));
    const proxy = await listening(
      http
        .createServer()
        .on('connect', (_, socket: net.Socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')),
    );
    await assert.rejects(connected({ proxy: `http://127.0.0.1:${proxy.port}` }, target.port), {
      code: 'ERR_SCHANNEL_PROXY_REFUSED',
    });
  });

  it('gives a proxy no more time than a connection has', async () => {
    const proxy = await listening(net.createServer(() => undefined));
    const options = { proxy: `http://127.0.0.1:${proxy.port}`, connectTimeout: 1 };
    await assert.rejects(connected(options, 1), { code: 'ERR_SCHANNEL_PROXY_TIMEOUT' });
  });

  it('leaves out what noProxy has', async () => {
    const target = await listening(net.createServer((socket) => socket.end('hello')));
    const socket = await connected({ proxy: 'http://127.0.0.1:1', noProxy: 'localhost' }, target.port);
    assert.equal(String((await once(socket, 'data'))[0]), 'hello');
  });

  it('closes a tunnel that its options make no use of', async () => {
    const target = await listening(net.createServer());
    const proxy = await listening(createProxy(null));
    const refused = new Promise<Error | null>((resolve) => {
      const options = { proxy: `http://127.0.0.1:${proxy.port}`, minVersion: 'TLSv9' as 'TLSv1' };
      const to = { hostname: 'localhost', protocol: 'https:', port: String(target.port) };
      schannelConnector(options)(to, (...[error]) => resolve(error));
    });
    const [socket] = (await once(target.server, 'connection')) as [net.Socket];
    assert.equal(Reflect.get((await refused) ?? {}, 'code'), 'ERR_TLS_INVALID_PROTOCOL_VERSION');
    await once(socket.resume(), 'close');
  });

  it('hands on what is wrong in the options', async () => {
    await assert.rejects(connected({ proxy: 'nonsense' }, 1), { code: 'ERR_INVALID_ARG_VALUE' });
  });
});
