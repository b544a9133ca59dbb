import assert from 'node:assert/strict';
import { stunnelPath } from '../../../../support/stunnel-files.js';
import { planText, STUNNEL_CONF, stunnelFault, stunnelRefusal } from '../../../../support/stunnel-plan.js';

const host = (name: string, port: number) => ({ host: name, port });

/** A machine with programs that don't speak TLS. */
const CLIENT_MACHINE = `
[imaps]
client=yes
accept=143
connect=mail.example:993

[smtps]
client=yes
accept=587
connect=mail.example:465

[ldaps]
client=yes
accept=389
connect=mail.example:636
`;

/** A machine with servers that don't speak TLS. */
const SERVER_MACHINE = `cert=stunnel.pem

[imaps]
client=no
accept=993
connect=143

[smtps]
client=no
accept=465
connect=587

[ldaps]
client=no
accept=636
connect=389
`;

const CLIENT = '[a]\nclient = yes\naccept = ::1:1\nconnect = b:2\n';
const SERVER = '[a]\naccept = 1\nconnect = 2\ncert = a\n';

type Fault = readonly [text: string, line: number, what: string];

const testFaults = (faults: readonly Fault[]): void => {
  for (const [text, line, what] of faults) {
    it(`${JSON.stringify(text.slice(-30))}: ${what}`, () =>
      assert.rejects(planText(text), stunnelFault(line, what)));
  }
};

describe('apps/tunnel/stunnel/plan-configuration', () => {
  it('reads the tunnels of a machine with clients', async () => {
    const { services, notices } = await planText(CLIENT_MACHINE);
    const tunnel = (name: string, accept: number, connect: number) => ({
      name,
      mode: 'client',
      accept: host('0.0.0.0', accept),
      connect: [host('mail.example', connect)],
      tls: {},
    });
    assert.deepEqual(services, [
      tunnel('imaps', 143, 993),
      tunnel('smtps', 587, 465),
      tunnel('ldaps', 389, 636),
    ]);
    // Each is open to other machines, and verifies although the file does not say so.
    assert.deepEqual(
      notices.map(({ level, place }) => `${level} ${place.line}`),
      ['warning 4', 'notice 2', 'warning 9', 'notice 7', 'warning 14', 'notice 12'],
    );
  });

  it('reads the tunnels of a machine with servers', async () => {
    const { services, notices } = await planText(SERVER_MACHINE);
    const tunnel = (name: string, accept: number, connect: number) => ({
      name,
      mode: 'server',
      accept: host('0.0.0.0', accept),
      connect: [host('localhost', connect)],
      tls: { cert: [{ file: stunnelPath('stunnel.pem') }] },
    });
    assert.deepEqual(services, [
      tunnel('imaps', 993, 143),
      tunnel('smtps', 465, 587),
      tunnel('ldaps', 636, 389),
    ]);
    assert.deepEqual(notices, []);
  });

  it('reads a file such as Windows users have, with comments, a log and a server', async () => {
    const { services, process, notices } = await planText(`; What is logged, and where
debug = info
output = tunnel.log
;engine = capi

# ---- clients ----
[pop3]
client = yes
accept = 127.0.0.1:110
connect = pop.example:995
verifyChain = yes
CAfile = authorities.pem
checkHost = pop.example
OCSPaia = yes

; ---- servers ----
[https]
accept  = 443
connect = 80
cert = site.pem
TIMEOUTclose = 0
;exec = not.read
`);
    assert.deepEqual(process, { debug: 6, output: stunnelPath('tunnel.log') });
    assert.deepEqual(services, [
      {
        name: 'pop3',
        mode: 'client',
        accept: host('127.0.0.1', 110),
        connect: [host('pop.example', 995)],
        tls: { ca: [{ file: stunnelPath('authorities.pem') }], revocation: 'hard', names: ['pop.example'] },
      },
      {
        name: 'https',
        mode: 'server',
        accept: host('0.0.0.0', 443),
        connect: [host('localhost', 80)],
        timeouts: { close: 1 },
        tls: { cert: [{ file: stunnelPath('site.pem') }] },
      },
    ]);
    assert.deepEqual(notices, []);
  });

  it('reads a file such as a distribution ships, with several targets and Unix habits', async () => {
    const { services, notices } = await planText(`setuid = stunnel
setgid = stunnel
pid = /run/stunnel.pid
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
options = NO_SSLv2
options = NO_SSLv3
[smtp]
client = yes
protocol = smtp
accept = localhost:25
connect = one.example:587
connect = two.example:submission
failover = rr
sslVersionMin = TLSv1.2
`);
    assert.deepEqual(services, [
      {
        name: 'smtp',
        mode: 'client',
        accept: host('localhost', 25),
        connect: [host('one.example', 587), host('two.example', 587)],
        failover: 'rr',
        starttls: 'smtp',
        tls: { minVersion: 'TLSv1.2' },
      },
    ]);
    assert.deepEqual(
      notices.map(({ place }) => place.line),
      [1, 2, 3, 8],
    );
  });

  it('shows names of sections without their control characters', async () => {
    const { notices } = await planText('[a\u0002b]\nclient = yes\naccept = 25\nconnect = 465\nsni =\n');
    assert.ok(notices.some(({ text }) => text.includes('Service [a?b]: ')));
  });

  it('takes options before the first section as defaults, which a section replaces as a whole', async () => {
    const { services } = await planText(
      'client = yes\ncheckHost = a\ncheckHost = b\nreset = no\n[x]\naccept = ::1:1\nconnect = c:2\n' +
        '[y]\naccept = ::1:3\nconnect = c:4\ncheckHost = d\nreset = yes',
    );
    assert.deepEqual(
      services.map(({ tls, reset }) => [tls.names, reset]),
      [
        [['a', 'b'], false],
        [['d'], true],
      ],
    );
  });

  it('takes the last value of an option that has one', async () => {
    const { services } = await planText(`${CLIENT}client = no\nclient = yes\nlocal = ::1\nlocal = ::2`);
    assert.deepEqual([services[0]?.mode, services[0]?.localAddress], ['client', '::2']);
  });

  it('survives a round trip through JSON', async () => {
    const plan = await planText(
      `${SERVER_MACHINE}verifyChain = yes\nredirect = 80\nCAfile = ca.pem\nstack = 1\n`,
    );
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  });

  it('says the same thing once', async () => {
    const { notices } = await planText(`pid = a\n${SERVER}[b]\naccept = 3\nconnect = 4\ncert = a\n`);
    assert.deepEqual(
      notices.map(({ text }) => text),
      [`${STUNNEL_CONF}:1: "pid = a": It has no effect. No file with the number of the process is written`],
    );
  });

  it('warns of servers that nobody verifies, and of certificates for any name', async () => {
    const warnings = async (lines: string) =>
      (await planText(CLIENT + lines)).notices
        .filter(({ level }) => level === 'warning')
        .map(({ text }) => text.slice(STUNNEL_CONF.length));
    assert.deepEqual(await warnings('verify = 0'), [
      ':1: Service [a]: The server is not verified: anyone can be in the middle',
    ]);
    assert.deepEqual(await warnings('verifyChain = yes\nCAfile = a'), [
      ':1: Service [a]: Without "checkHost", every certificate of the authorities in "CAfile" is accepted, for any name',
    ]);
    assert.deepEqual(await warnings('verifyChain = yes\nCAfile = a\ncheckHost = b'), []);
    assert.deepEqual(await warnings('CAfile = a'), []);
  });

  it('says what to do instead, and where it is', async () => {
    await assert.rejects(planText(`${SERVER}  exec = a.exe`), {
      place: { file: STUNNEL_CONF, line: 5, column: 3 },
      advice:
        'Start with --allow-exec, or open the file with allowPrograms: true. Or run the program as a service, and use "connect".',
    });
  });

  it('sends no client elsewhere that the target has greeted', async () => {
    const why = 'With this protocol the target greets clients before TLS';
    await assert.rejects(
      planText(`${SERVER}protocol = imap\nverifyChain = yes\nCAfile = ca.pem\nredirect = 80`),
      stunnelRefusal(8, 'redirect = 80', why),
    );
    const names = '[b]\nsni = a:b.example\nconnect = 3\ncert = b';
    await assert.rejects(
      planText(`${SERVER}protocol = smtp\n${names}`),
      stunnelRefusal(7, 'sni = a:b.example', why),
    );
    const { services } = await planText(`${SERVER}protocol = pgsql\n${names}`);
    assert.deepEqual(Object.keys(services[0]?.routes ?? {}), ['b.example']);
  });

  it('shows no password', async () => {
    await assert.rejects(
      planText(`${CLIENT}protocolPassword = secret`),
      stunnelRefusal(5, 'protocolPassword = ***', 'A tunnel signs in at proxies only'),
    );
  });

  it('refuses a file for inetd', async () => {
    await assert.rejects(
      planText('client = yes\naccept = 1\nconnect = a:2'),
      stunnelRefusal(2, 'accept = 1', 'A file without a section describes a service of inetd'),
    );
  });

  it('neither crashes nor accepts nonsense, whatever the values are', async () => {
    const lines = [
      ...[
        '[a]',
        '[b]',
        'client = yes',
        'client = no',
        'accept = 1',
        'accept = x:1',
        'connect = 2',
        'connect = :',
      ],
      ...[
        'connect = /x',
        'sni = a:b',
        'sni = :',
        'cert = a',
        'cert = cng:',
        'cert = cng:object=a;=',
        'key = b',
      ],
      ...['cert = LocalMachine\\MY\\', 'CAfile = c', 'verify = 3', 'verifyChain = no', 'checkHost = d'],
      ...['redirect = 3', 'options = -', 'config = :', 'socket = a:=', 'engineId = cng', 'engineCtrl = :'],
      ...['debug = .', 'TIMEOUTclose = 0', 'sslVersion = TLSv1.1', 'options = NO_TLSv1.3', 'ciphers = -'],
      ...['[a]\nclient = yes\naccept = 1\nconnect = b:2', '[b]\naccept = 1\nconnect = 2\ncert = c'],
    ];
    let seed = 7;
    const next = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const results = new Set<string>();
    for (let round = 0; round < 3000; round += 1) {
      const text = Array.from({ length: 1 + next(6) }, () => lines[next(lines.length)] ?? '').join('\n');
      const result = await planText(text).then(
        ({ services }) => {
          for (const { connect } of services) assert.ok(connect.length > 0, text);
          return 'fine';
        },
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      );
      results.add(result);
    }
    assert.deepEqual([...results].sort(), [
      'ERR_SCHANNEL_TUNNEL_CONFIG',
      'ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED',
      'fine',
    ]);
  });
});

describe('apps/tunnel/stunnel/plan-configuration: names on one port', () => {
  const PRIMARY = '[web]\naccept = 443\nconnect = 80\ncert = a.pem\n';
  const secondary = (name: string, more = ''): string =>
    `[b]\nsni = ${name}\nconnect = 81\ncert = b.pem\n${more}`;

  it('listens at several addresses, each with these names', async () => {
    const { services, notices } = await planText(
      `${PRIMARY}accept = ::1:444\n${secondary('web:b')}[c]\nclient = yes\naccept = 1\naccept = 127.0.0.1:2\nconnect = 3\n`,
    );
    assert.deepEqual(
      services.map(({ name, accept, routes }) => [name, accept, Object.keys(routes ?? {})]),
      [
        ['web', host('0.0.0.0', 443), ['b']],
        ['web', host('::1', 444), ['b']],
        ['c', host('0.0.0.0', 1), []],
        ['c', host('127.0.0.1', 2), []],
      ],
    );
    assert.deepEqual(
      notices.filter(({ level }) => level === 'warning').map(({ place }) => place.line),
      [12],
    );
  });

  it('makes routes of the sections that serve them', async () => {
    const { services, notices } = await planText(
      PRIMARY + secondary('web:B.example', 'sni = web:*.c.example'),
    );
    const route = { connect: [host('localhost', 81)], tls: { cert: [{ file: stunnelPath('b.pem') }] } };
    assert.deepEqual(
      services.map(({ name, routes }) => [name, routes]),
      [['web', { 'b.example': route, '*.c.example': route }]],
    );
    assert.deepEqual(
      notices.map(({ place }) => place.line),
      [9],
    );
  });

  it('refuses the name of a section that is missing, of a client, or of one that does not listen', async () => {
    const what = 'SNI section name not found';
    await assert.rejects(planText(PRIMARY + secondary('none:b')), stunnelFault(6, `"sni = none:b": ${what}`));
    await assert.rejects(planText(PRIMARY + secondary('b:b')), stunnelFault(6, `"sni = b:b": ${what}`));
    await assert.rejects(planText(CLIENT + secondary('a:b')), stunnelFault(6, `"sni = a:b": ${what}`));
  });

  it('refuses a name that two sections serve, and a pattern that is none', async () => {
    await assert.rejects(
      planText(PRIMARY + secondary('web:b', 'sni = web:b')),
      stunnelFault(9, '"sni = web:b": Another section serves this name'),
    );
    for (const pattern of ['*', 'b*', '*b.example', 'a b']) {
      await assert.rejects(
        planText(PRIMARY + secondary(`web:${pattern}`)),
        stunnelFault(6, `"sni = web:${pattern}": A pattern is a host name, and may begin with "*."`),
      );
    }
  });

  it('has the demands of each section, where they differ', async () => {
    const routesOf = async (text: string) => (await planText(text)).services[0]?.routes?.['b'];
    const route = await routesOf(PRIMARY + secondary('web:b', 'verifyChain = yes'));
    assert.deepEqual([route?.requestCert, route?.rejectUnauthorized], [true, true]);
    const any = await routesOf(`${PRIMARY}verifyChain = yes\n${secondary('web:b', 'requireCert = yes')}`);
    assert.deepEqual([any?.requestCert, any?.rejectUnauthorized], [true, false]);
    const none = await routesOf(`${PRIMARY}verifyChain = yes\n${secondary('web:b')}`);
    assert.deepEqual([none?.requestCert, none?.rejectUnauthorized], [false, true]);
    const same = await routesOf(`${PRIMARY}verifyChain = yes\n${secondary('web:b', 'verifyChain = yes')}`);
    assert.deepEqual([same?.requestCert, same?.rejectUnauthorized], [undefined, undefined]);
  });

  it('refuses other times than those of the section that listens', async () => {
    await assert.rejects(
      planText(PRIMARY + secondary('web:b', 'TIMEOUTidle = 5')),
      stunnelRefusal(6, 'sni = web:b', '[b] has other options for connections than [web]: timeouts'),
    );
  });
});

describe("apps/tunnel/stunnel/plan-configuration: stunnel's words", () => {
  testFaults([
    ['[a]\nfoo = 1', 2, '"foo = 1": Specified option name is not valid here'],
    ['[a]\nsyslog = no', 2, '"syslog = no": Specified option name is not valid here'],
    ['\n[a]\naccept = 1\ncert = a', 2, 'Service [a]: Each service must define two endpoints'],
    ['[a]\nconnect = 1\ncert = a', 1, 'Service [a]: Each service must define two endpoints'],
    ['[a]', 1, 'Service [a]: Each service must define two endpoints'],
    ['[\u001b[2Ja]', 1, 'Service [?[2Ja]: Each service must define two endpoints'],
    ['', 1, 'Each service must define two endpoints'],
    [`${SERVER}sni = b:c`, 1, 'Service [a]: Each service must define two endpoints'],
    ['[a]\naccept = 1\nconnect = 2', 1, 'Service [a]: TLS server needs a certificate'],
    ['[a]\nsni = b:c\nconnect = 2\ncert = a', 2, '"sni = b:c": SNI section name not found'],
    [`${CLIENT}verifyPeer = yes`, 5, '"verifyPeer = yes": Either "CAfile" or "CApath" has to be configured'],
    [`${CLIENT}verify = 4`, 5, '"verify = 4": Either "CAfile" or "CApath" has to be configured'],
    [`${CLIENT}redirect = 3`, 5, '"redirect = 3": "redirect" is unsupported in client sections'],
    ['[a]\nclient = 1', 2, "\"client = 1\": The argument needs to be either 'yes' or 'no'"],
  ]);
});

describe('apps/tunnel/stunnel/plan-configuration: faults', () => {
  const unverified = 'A name can only be checked if the certificate is verified';
  testFaults([
    [`${CLIENT}verify = 5`, 5, '"verify = 5": The argument is one of 0, 1, 2, 3, 4'],
    [`${CLIENT}failover = x`, 5, '"failover = x": The argument is one of rr, prio'],
    [`${CLIENT}TIMEOUTidle = -1`, 5, '"TIMEOUTidle = -1": The argument is a number from 0 to 2147483'],
    [
      `${CLIENT}TIMEOUTidle = 2147484`,
      5,
      '"TIMEOUTidle = 2147484": The argument is a number from 0 to 2147483',
    ],
    [
      '[a]\nclient = yes\naccept = ::1:1\nconnect = /x\nsni =',
      1,
      'Service [a]: The name that the certificate must have is not known',
    ],
    [
      `${CLIENT}${'connect = a:1\n'.repeat(100)}`,
      104,
      '"connect = a:1": The option is given more than 100 times',
    ],
    [
      `${'connect = a:1\n'.repeat(101)}${CLIENT}`,
      101,
      '"connect = a:1": The option is given more than 100 times',
    ],
    [`${SERVER}redirect = 3`, 5, '"redirect = 3": "redirect" needs certificates of clients'],
    [`${SERVER}checkHost = b`, 5, `"checkHost = b": ${unverified}`],
    [`${CLIENT}checkIP = ::1\nverifyChain = no`, 5, `"checkIP = ::1": ${unverified}`],
    [
      `${CLIENT}sslVersionMin = TLSv1.3\nsslVersionMax = TLSv1.2`,
      1,
      'Service [a]: Its options leave no version of TLS',
    ],
    [
      `${CLIENT}options = NO_TLSv1.2\noptions = NO_TLSv1.3`,
      1,
      'Service [a]: Its options leave no version of TLS',
    ],
    [
      `${CLIENT}socket = TCP_NODELAY=1`,
      5,
      '"socket = TCP_NODELAY=1": Write "a:", "l:" or "r:", and then NAME=VALUE',
    ],
    [
      `debug = loud\n${CLIENT}`,
      1,
      '"debug = loud": The level is a number from 0 to 7, or one of emerg, alert, crit, err, warning, notice, info, debug',
    ],
    [
      `${CLIENT}protocol = gopher`,
      5,
      '"protocol = gopher": The protocols are smtp, imap, pop3, nntp, ldap, pgsql, connect, socks, proxy, cifs, capwin, capwinctrl',
    ],
    [
      `${SERVER}sni = c`,
      5,
      '"sni = c": Write the name of a section, a colon and the name that clients ask for',
    ],
  ]);
});
