import assert from 'node:assert/strict';
import path from 'node:path';
import { isJson, placeInJson, planJson } from '#lib/apps/tunnel/file/plan-json.js';
import { planText, STUNNEL_CONF } from '../../../../support/stunnel-plan.js';
import { stunnelPath } from '../../../../support/stunnel-files.js';

const FILE = stunnelPath('tunnels.json');

const read = (value: unknown) => planJson(FILE, JSON.stringify(value, null, 2));

const SERVICE = { name: 'a', mode: 'client', accept: 143, connect: ['mail.example:993'] };

const SECTIONS = `
debug = 6
output = stunnel.log
[client]
client = yes
accept = 127.0.0.1:143
connect = mail.example:993
connect = other.example:993
failover = rr
CAfile = ca.pem
CApath = authorities
checkHost = mail.example
TIMEOUTidle = 60
[server]
accept = 993
connect = 143
cert = LocalMachine\\MY\\mail.example
verifyPeer = yes
CAfile = peers.pem
redirect = 8080
[proxy]
client = yes
accept = 127.0.0.1:2
connect = proxy.example:3128
protocol = connect
protocolHost = mail.example:993
protocolUsername = user
protocolPassword = secret
[issuers]
client = yes
accept = 127.0.0.1:1
connect = x.example:2
engineId = cng
[smtp]
accept = 587
connect = 10587
cert = own.pem
protocol = smtp
[primary]
accept = 443
connect = 80
cert = own.pem
[secondary]
sni = primary:b.example
connect = 81
cert = b.pem
`;

describe('apps/tunnel/file/plan-json', () => {
  it('reads what is printed of a configuration of stunnel, and means the same', async () => {
    const { notices, ...plan } = await planText(SECTIONS);
    assert.notEqual(notices.length, 0);
    assert.deepEqual(planJson(STUNNEL_CONF, JSON.stringify({ ...plan, notices })), { ...plan, notices: [] });
  });

  it('reads programs, and means the same', async () => {
    const lines = [
      '[a]',
      'accept = 993',
      'cert = a.pem',
      'exec = b',
      'execArgs = own -c d',
      'setEnv = E=f',
      '',
    ];
    const { services } = await planText(`${lines.join('\n')}[c]\naccept = 2\ncert = a.pem\nexec = b\n`, true);
    assert.deepEqual(planJson(STUNNEL_CONF, JSON.stringify({ services })).services, services);
  });

  it('takes ends as people write them, and paths from the folder of the file', () => {
    assert.deepEqual(read({ services: [{ ...SERVICE, tls: { ca: [{ file: 'ca.pem' }] } }] }), {
      process: {},
      services: [
        {
          ...{ name: 'a', mode: 'client', accept: { host: '127.0.0.1', port: 143 } },
          connect: [{ host: 'mail.example', port: 993 }],
          tls: { ca: [{ file: path.resolve(path.dirname(FILE), 'ca.pem') }] },
        },
      ],
      notices: [],
    });
  });

  it('gives a route the targets of its tunnel, if it has none', () => {
    const { services } = read({
      services: [{ ...SERVICE, mode: 'server', routes: { 'b.example': { tls: {} } } }],
    });
    assert.deepEqual(services[0]?.routes, {
      'b.example': { tls: {}, connect: [{ host: 'mail.example', port: 993 }] },
    });
  });

  for (const [what, value, says] of [
    ['no tunnels', {}, /:1: "services" has no tunnel/],
    ['an unknown property', { services: [], other: 1 }, /:3: "other" is not known/],
    ['a property of another type', { services: 'x' }, /:2: "services" must be a list/],
    ['no object', { services: [1] }, /"services\[0\]" must be an object/],
    ['a tunnel without an end', { services: [{ name: 'a', mode: 'client', accept: 1 }] }, /has no "connect"/],
    ['another mode', { services: [{ ...SERVICE, mode: 'both' }] }, /"services\[0\]\.mode" must be/],
    [
      'an unknown option of TLS',
      { services: [{ ...SERVICE, tls: { key2: 1 } }] },
      /"services\[0\]\.tls\.key2" is not/,
    ],
    [
      'a port that is none',
      { services: [{ ...SERVICE, accept: 'x:y' }] },
      /services\[0\]\.accept" must be a port/,
    ],
    [
      'a source that is two',
      { services: [{ ...SERVICE, pins: [{ file: 'a', folder: 'b' }] }] },
      /either a file or/,
    ],
    [
      'a file without a name',
      { services: [{ ...SERVICE, tls: { key: { file: 1 } } }] },
      /key\.file" must be a string/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(value), { code: 'ERR_SCHANNEL_TUNNEL_CONFIG', message: says });
    });
  }

  it('names the place of what is no JSON', () => {
    assert.throws(() => planJson(FILE, '{\n  "services": [],\n  nothing\n}'), {
      code: 'ERR_SCHANNEL_TUNNEL_CONFIG',
      message: /^.*tunnels\.json:3: /,
    });
  });

  it('tells JSON from a configuration of stunnel', () => {
    assert.deepEqual(['\uFEFF {', '{', '[x]', '; {', ''].map(isJson), [true, true, false, false, false]);
  });

  it('finds where a tunnel is described', () => {
    const text = JSON.stringify({ services: [SERVICE, { ...SERVICE, name: 'a.b' }] }, null, 2);
    assert.equal(placeInJson(FILE, text, 'a.b').line, 12);
    assert.equal(placeInJson(FILE, text, 'none').line, 1);
  });
});
