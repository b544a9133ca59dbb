import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { connect } from 'schannel';
import { connectThrough, type ProxyAttempt } from 'schannel/proxy';
import { native } from '#lib/native/load.js';
import { createProxy } from '../../support/proxy.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { skipOnDouble } from '../../support/windows.js';

const KEY = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections';
const VALUE = 'DefaultConnectionSettings';

/** A program that we didn't write. */
const reg = async (...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('reg.exe', [...args]);
};

/** The value in which Windows keeps the settings of a user. */
function settings(set: {
  readonly proxy?: string;
  readonly bypass?: string;
  readonly script?: string;
}): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const text = (value = ''): Buffer => Buffer.concat([number(value.length), Buffer.from(value, 'latin1')]);
  const flags = 1 | (set.proxy === undefined ? 0 : 2) | (set.script === undefined ? 0 : 4);
  return Buffer.concat([
    ...[0x46, 1, flags].map(number),
    ...[set.proxy, set.bypass, set.script].map(text),
    Buffer.alloc(32),
  ]);
}

const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;

describe('the proxy settings of Windows', () => {
  let ca: string;
  let target: tls.Server;
  let proxy: http.Server;
  let scripts: http.Server;
  let script: string;
  const open: net.Server[] = [];
  const tunnels: (string | undefined)[] = [];

  before(async function () {
    skipOnDouble(this, 'WinHTTP is that of Wine');
    if (native().platform.wine === null) skip(this, 'it would change the proxy settings of who runs it');
    ca = (await serverRoot()).certificate.cert;
    target = tls.createServer(await localhostServer(), (socket) => socket.end('hello'));
    proxy = createProxy(null).on('connect', ({ url }: http.IncomingMessage) => tunnels.push(url));
    scripts = http.createServer((_, response) => response.end(script));
    for (const server of [target, proxy, scripts]) {
      open.push(server);
      await once(server.listen(0, '127.0.0.1'), 'listening');
    }
  });
  beforeEach(() => tunnels.splice(0));
  after(async () => {
    await reg('delete', KEY, '/v', VALUE, '/f').catch(() => undefined);
    for (const server of open) server.close();
  });

  const set = (what: Parameters<typeof settings>[0]): Promise<void> =>
    reg('add', KEY, '/v', VALUE, '/t', 'REG_BINARY', '/d', settings(what).toString('hex'), '/f');

  /** Connects with TLS, and says what was decided. */
  async function connected(): Promise<ProxyAttempt | undefined> {
    const attempts: ProxyAttempt[] = [];
    const clear = await connectThrough({
      host: 'localhost',
      port: portOf(target),
      proxy: 'system',
      onProxy: (attempt) => attempts.push(attempt),
    });
    const socket = connect({ socket: clear, servername: 'localhost', ca });
    assert.equal(String((await once(socket, 'data'))[0]), 'hello');
    socket.destroy();
    return attempts.at(-1);
  }

  it('decide by a script, by a proxy and its exceptions, and leave no handle open', async () => {
    const address = `127.0.0.1:${portOf(proxy)}`;

    script = `function FindProxyForURL(url, host) {
      return url === 'https://localhost:${portOf(target)}/' ? 'PROXY ${address}; DIRECT' : 'DIRECT';
    }`;
    await set({ script: `http://127.0.0.1:${portOf(scripts)}/proxy.pac` });
    const byScript = await connected();
    assert.deepEqual([byScript?.source, byScript?.proxy], ['script', `http://${address}`]);
    assert.deepEqual(tunnels, [`localhost:${portOf(target)}`]);

    await set({ proxy: `http=127.0.0.1:1;https=${address}`, bypass: '<-loopback>' });
    assert.equal((await connected())?.reason, 'the settings of the user name it');
    assert.equal(tunnels.length, 2);

    await set({ proxy: address, bypass: 'local*;<-loopback>' });
    assert.equal((await connected())?.proxy, 'direct');

    scripts.close();
    await set({ script: `http://127.0.0.1:${portOf(target)}/proxy.pac` });
    const without = await connected();
    assert.deepEqual([without?.source, without?.proxy], ['none', 'direct']);
    assert.match(without?.problem?.message ?? '', /UNABLE_TO_DOWNLOAD_SCRIPT/);
    assert.equal(tunnels.length, 2);
    assert.equal(native().handleCounts().proxyLookups, 0);
  });
});
