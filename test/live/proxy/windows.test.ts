import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { connect } from 'schannel';
import { negotiate, request } from 'schannel/negotiate';
import { connectThrough, type ProxyAttempt } from 'schannel/proxy';
import { native } from '#lib/native/load.js';
import type { NativeSignInStep } from '#lib/native/sign-in-binding.js';
import { needsPeer, type Peer, startPeer } from '../../support/peers.js';
import { createProxy } from '../../support/proxy.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';
import { turn } from '../../support/patience.js';
import { skip } from '../../support/skip.js';
import { whenItListens } from '../../support/when-it-listens.js';
import { skipOnDouble, skipOnRealWindows } from '../../support/windows.js';

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

const ANNA = ['--username=anna', '--domain=COMPANY', '--password=secret'];

const NTLM_AUTH = `/usr/bin/ntlm_auth ${ANNA.join(' ')}`;

/** Samba checks anna's password, and needs no domain for that. */
const SQUID = `
http_port 127.0.0.1:{port}
visible_hostname localhost
pid_filename none
cache_log /dev/null
access_log none
cache deny all
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
auth_param negotiate program ${NTLM_AUTH} --helper-protocol=gss-spnego
auth_param negotiate children 1 startup=1
auth_param ntlm program ${NTLM_AUTH} --helper-protocol=squid-2.5-ntlmssp
auth_param ntlm children 1 startup=1
acl known proxy_auth REQUIRED
http_access deny !known
http_access allow CONNECT known
http_access deny all
`;

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
    skipOnRealWindows(this, 'the proxy settings');
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

describe('a proxy that wants Negotiate or NTLM', () => {
  const open: net.Server[] = [];
  let squid: Peer | null = null;
  let target: net.Server;

  before(async function () {
    skipOnDouble(this, 'the double knows no other packages than Schannel');
    await needsPeer(this, 'squid');
    target = net.createServer((socket) => socket.end('hello'));
    open.push(target);
    await once(target.listen(0, '127.0.0.1'), 'listening');
    squid = await startPeer('squid', ['-N', '-d', '1', '-f', '{file:squid.conf}'], {
      files: { 'squid.conf': SQUID },
    });
    await whenItListens(squid);
    // Wine's packages ask a program of Samba.
    const signIn = native().createSignIn({
      package: 'NTLM',
      targetName: 'HTTP/localhost',
      requestFlags: 0,
      channelBinding: null,
      account: { user: 'a', domain: '', password: Buffer.alloc(2) },
    });
    const { status } = await new Promise<NativeSignInStep>((resolve) => {
      signIn.next(null, resolve);
    });
    signIn.close();
    if (status === 0x80090305) skip(this, 'Wine signs in by ntlm_auth of the package winbind');
  });
  after(async () => {
    for (const server of open) server.close();
    await squid?.stop();
  });

  /** They are given back on a worker. */
  const untilGivenBack = async (): Promise<void> => {
    while (native().handleCounts().contexts > 0) await turn();
  };

  const connected = (password: string, auth: 'negotiate' | 'ntlm'): Promise<net.Socket> =>
    connectThrough({
      host: '127.0.0.1',
      port: portOf(target),
      proxy: {
        protocol: 'connect',
        host: 'localhost',
        port: squid?.port ?? 0,
        user: 'COMPANY\\anna',
        password,
        auth,
      },
    });

  it('gets the tokens that a program can send itself', async () => {
    const binding = { getChannelBinding: () => Buffer.alloc(32, 1) };
    const account = { user: 'COMPANY\\anna', password: 'secret' };
    const signIn = negotiate({ host: 'localhost', socket: binding, scheme: 'ntlm', account });
    assert.equal((await signIn.next(null)).toString('latin1', 0, 8), 'NTLMSSP\0');
    await assert.rejects(signIn.next(Buffer.from('nonsense')), { code: 'ERR_SCHANNEL_PEER_SIGN_IN' });
    signIn.close();
  });

  it('has it by Windows, and says if it refuses', async () => {
    for (const auth of ['ntlm', 'negotiate'] as const) {
      const socket = await connected('secret', auth);
      assert.equal(String((await once(socket, 'data'))[0]), 'hello');
    }
    await assert.rejects(connected('wrong', 'ntlm'), { code: 'ERR_SCHANNEL_PROXY_ACCOUNT' });
    await untilGivenBack();
  });

  it('has it by Windows also at a server that asks by 401', async function () {
    await needsPeer(this, 'ntlm_auth');
    const samba = await startPeer('ntlm_auth', [...ANNA, '--helper-protocol=squid-2.5-ntlmssp']);
    const lines: string[] = [];
    /** What Samba says about a token: TT with the next one, AF with the user, NA with a reason. */
    const judged = async (question: string): Promise<string> => {
      samba.stdin.write(`${question}\n`);
      const answers = (): string[] => samba.output().split('\n').slice(0, -1);
      while (answers().length === lines.length) await once(samba.stdout, 'data');
      lines.push(answers()[lines.length] ?? '');
      return lines.at(-1) ?? '';
    };
    const greeted = new WeakSet();
    const server = https.createServer(await localhostServer(), ({ headers, socket }, response) => {
      const token = /^NTLM (.+)$/.exec(headers.authorization ?? '')?.[1];
      const refuse = (challenge: string): void => {
        response.writeHead(401, { 'www-authenticate': challenge }).end('not yet');
      };
      if (token === undefined) {
        refuse('NTLM');
        return;
      }
      const question = `${greeted.has(socket) ? 'KK' : 'YR'} ${token}`;
      greeted.add(socket);
      void judged(question).then((answer) => {
        if (answer.startsWith('TT ')) refuse(`NTLM ${answer.slice(3)}`);
        else if (answer.startsWith('AF ')) response.end(`hello ${answer.slice(3)}`);
        else refuse('NTLM');
      });
    });
    open.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const ca = (await serverRoot()).certificate.cert;
    const ask = (password: string): Promise<http.IncomingMessage> =>
      request(`https://localhost:${String(portOf(server))}/`, {
        scheme: 'ntlm',
        account: { user: 'COMPANY\\anna', password },
        connection: { ca },
      });
    assert.match(await text(await ask('secret')), /^hello .*anna$/i);
    const refused = await ask('wrong');
    assert.equal(refused.statusCode, 401);
    assert.equal(await text(refused), 'not yet');
    await untilGivenBack();
    await samba.stop();
  });
});
