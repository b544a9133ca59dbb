import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { createConnectThrough } from '#lib/adapters/proxy/connect-through.js';
import { needsPeer, type Peer, startPeer } from '../../../support/peers.js';
import type { NoTls, TestStep } from '../../../support/through.js';
import { whenItListens } from '../../../support/when-it-listens.js';

/** Anna's password is "secret". Only 127.0.0.1 may be connected to. */
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
auth_param basic program /bin/sed -u s/^anna.secret$/OK/;t;s/.*/ERR/
auth_param basic children 1 startup=1
acl known proxy_auth REQUIRED
acl here dst 127.0.0.1
http_access deny !known
http_access allow CONNECT here
http_access deny all
`;

const ANNA = { user: 'anna', password: 'secret' };

const connectThrough = createConnectThrough<NoTls, net.Socket>(() => {
  throw new Error('nothing is secured here');
}, net.connect);

const GREETING = '220 hello\r\n';

async function greeting(socket: net.Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.length >= GREETING.length) break;
  }
  return text;
}

describe('adapters/proxy/connect-through: with squid and microsocks', () => {
  let squid: Peer | null = null;
  let microsocks: Peer | null = null;
  let server: net.Server | null = null;
  let target: { readonly host: string; readonly port: number };
  /** A port that nobody listens on. */
  let nothing: { readonly host: string; readonly port: number };
  let http: TestStep;
  let socks: TestStep;

  before(async function () {
    await needsPeer(this, 'squid');
    await needsPeer(this, 'microsocks');
    [squid, microsocks] = await Promise.all([
      startPeer('squid', ['-N', '-d', '1', '-f', '{file:squid.conf}'], { files: { 'squid.conf': SQUID } }),
      startPeer('microsocks', ['-i', '127.0.0.1', '-p', '{port}', '-u', ANNA.user, '-P', ANNA.password]),
    ]);
    http = { protocol: 'connect', host: '127.0.0.1', port: portOfPeer(squid), ...ANNA };
    socks = { protocol: 'socks5', host: '127.0.0.1', port: portOfPeer(microsocks), ...ANNA };
    const open = async (): Promise<net.Server> => {
      const opened = net.createServer((socket) => socket.end(GREETING)).listen(0, '127.0.0.1');
      await once(opened, 'listening');
      return opened;
    };
    const portOf = (opened: net.Server): number => (opened.address() as AddressInfo).port;
    server = await open();
    target = { host: '127.0.0.1', port: portOf(server) };
    const closed = await open();
    nothing = { host: '127.0.0.1', port: portOf(closed) };
    closed.close();
    for (const peer of [squid, microsocks]) await whenItListens(peer);
  });
  after(async () => {
    server?.close();
    await Promise.all([squid?.stop(), microsocks?.stop()]);
  });

  const CHAINS: readonly [what: string, through: () => readonly TestStep[]][] = [
    ['squid', () => [http]],
    ['microsocks', () => [socks]],
    ['squid and then microsocks', () => [http, socks]],
    ['microsocks and then squid', () => [socks, http]],
    ['squid, microsocks and squid again', () => [http, socks, http]],
  ];
  for (const [what, through] of CHAINS) {
    it(`reaches a server that speaks first through ${what}`, async () => {
      assert.equal(await greeting(await connectThrough({ ...target, through: through() })), GREETING);
    });
  }

  const REFUSALS: readonly [
    what: string,
    to: () => { readonly host: string; readonly port: number },
    step: () => TestStep,
    code: string,
    reply: RegExp,
  ][] = [
    [
      'squid without an account',
      () => target,
      () => without(http),
      'ERR_SCHANNEL_PROXY_ACCOUNT',
      /^HTTP\/1\.1 407 /,
    ],
    [
      'squid with a wrong password',
      () => target,
      () => wrong(http),
      'ERR_SCHANNEL_PROXY_ACCOUNT',
      /^HTTP\/1\.1 407 /,
    ],
    [
      'squid by its rules',
      () => ({ ...target, host: '127.0.0.2' }),
      () => http,
      'ERR_SCHANNEL_PROXY_REFUSED',
      /^HTTP\/1\.1 403 /,
    ],
    [
      'squid where nobody listens',
      () => nothing,
      () => http,
      'ERR_SCHANNEL_PROXY_REFUSED',
      /^HTTP\/1\.1 503 /,
    ],
    [
      'microsocks without an account',
      () => target,
      () => without(socks),
      'ERR_SCHANNEL_PROXY_ACCOUNT',
      /^no acceptable method$/,
    ],
    [
      'microsocks with a wrong password',
      () => target,
      () => wrong(socks),
      'ERR_SCHANNEL_PROXY_ACCOUNT',
      /^user and password refused/,
    ],
    [
      'microsocks where nobody listens',
      () => nothing,
      () => socks,
      'ERR_SCHANNEL_PROXY_REFUSED',
      /^code 5, connection refused$/,
    ],
    [
      'microsocks that is taken for an HTTP proxy',
      () => target,
      () => ({ ...http, port: portOfPeer(microsocks) }) as TestStep,
      'ERR_SCHANNEL_PEER_PROXY_REPLY',
      /^\?ÿ$/,
    ],
  ];
  for (const [what, to, step, code, reply] of REFUSALS) {
    it(`is refused by ${what}`, async () => {
      await assert.rejects(connectThrough({ ...to(), through: [step()] }), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), code, error.message);
        assert.match(String(Reflect.get(error, 'reply') ?? ''), reply);
        return true;
      });
    });
  }

  const portOfPeer = (peer: Peer | null): number => peer?.port ?? 0;
  const without = (step: TestStep): TestStep =>
    ({ ...step, user: undefined, password: undefined }) as TestStep;
  const wrong = (step: TestStep): TestStep => ({ ...step, password: 'wrong' }) as TestStep;
});
