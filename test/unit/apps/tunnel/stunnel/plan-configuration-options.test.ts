import assert from 'node:assert/strict';
import type { StunnelPlan } from '#lib/apps/tunnel/stunnel/plan.js';
import { STUNNEL_OPTIONS } from '#lib/formats/stunnel/option-table.js';
import { stunnelPath } from '../../../../support/stunnel-files.js';
import { planText } from '../../../../support/stunnel-plan.js';

const CLIENT = '[s]\nclient = yes\naccept = 127.0.0.1:143\nconnect = mail.example:993\n';
const SERVER = '[s]\naccept = 993\nconnect = 143\ncert = a.pem\n';
const BASE = { client: CLIENT, server: SERVER, head: CLIENT } as const;

/** What an option adds to the only service: some members of it, of its `tls`, or of the process. */
interface Expected {
  readonly service?: object;
  readonly tls?: object;
  readonly process?: object;
  /** The option is named in a notice. */
  readonly notice?: boolean;
}

type Case = readonly [side: keyof typeof BASE, lines: string, expected: Expected | 'refused'];

const file = (name: string) => ({ file: stunnelPath(name) });
const host = (name: string, port: number) => ({ host: name, port });

const VERIFIED = { requestCert: true, rejectUnauthorized: true };
const NOTICE: Expected = { notice: true };

/** Each option of stunnel, at least once. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  // The one of the section takes its place. What several do is tested where tunnels are made of them.
  accept: [['head', 'accept = ::1:995', { service: { accept: host('127.0.0.1', 143) } }]],
  connect: [
    [
      'client',
      'connect = a:993\nconnect = [::1]:imaps\nconnect = 995',
      {
        service: {
          connect: [host('mail.example', 993), host('a', 993), host('::1', 993), host('localhost', 995)],
        },
      },
    ],
  ],
  client: [
    ['client', 'client = YES', { service: { mode: 'client' } }],
    ['server', 'client = no', { service: { mode: 'server' } }],
  ],
  // What an included folder does is tested where files are read.
  include: [],
  cert: [
    ['client', 'cert = b.p12', { tls: { cert: [file('b.p12')] } }],
    ['server', 'cert = b.pem', { tls: { cert: [file('a.pem'), file('b.pem')] } }],
    [
      'client',
      'cert = LocalMachine\\MY\\Anna',
      { tls: { certificate: { store: 'LocalMachine\\MY', subject: 'CN=Anna' } } },
    ],
    ['client', 'cert = pkcs11:object=a', 'refused'],
  ],
  key: [['server', 'key = a.key', { tls: { key: file('a.key') } }]],
  CAfile: [
    ['client', 'CAfile = ca.pem', { tls: { ca: [file('ca.pem')] } }],
    ['server', 'CAfile = ca.pem', NOTICE],
  ],
  CApath: [['client', 'CApath = ca', { tls: { ca: [{ folder: stunnelPath('ca') }] } }]],
  CRLfile: [['client', 'CRLfile = crl.pem', { tls: { crl: [file('crl.pem')] } }]],
  CRLpath: [['client', 'CRLpath = crl', { tls: { crl: [{ folder: stunnelPath('crl') }] } }]],
  verify: [
    ['client', 'verify = 0', { tls: { rejectUnauthorized: false } }],
    ['client', 'verify = 1', {}],
    ['client', 'verify = 2', {}],
    [
      'server',
      'verify = 3\nCAfile = ca.pem',
      { service: { pins: [file('ca.pem')] }, tls: { ...VERIFIED, ca: [file('ca.pem')] } },
    ],
    [
      'server',
      'verify = 4\nCAfile = ca.pem',
      {
        service: { pins: [file('ca.pem')] },
        tls: { ...VERIFIED, ca: [file('ca.pem')], allowPartialTrustChain: true },
      },
    ],
    ['server', 'verify = 0', {}],
    ['server', 'verify = 1', { service: { certificateOptional: true }, tls: VERIFIED }],
    ['server', 'verify = 1\nrequireCert = yes', { tls: VERIFIED }],
  ],
  verifyChain: [
    ['client', 'verifyChain = no', { tls: { rejectUnauthorized: false } }],
    ['client', 'verifyChain = yes', {}],
    ['client', 'verifyChain = yes\nCAfile = ca.pem', { tls: { ca: [file('ca.pem')], names: null } }],
    ['server', 'verifyChain = yes', { tls: VERIFIED }],
    ['server', 'verifyChain = no', {}],
  ],
  verifyPeer: [
    [
      'client',
      'verifyPeer = yes\nCAfile = peer.pem',
      {
        service: { pins: [file('peer.pem')] },
        tls: { ca: [file('peer.pem')], names: null, allowPartialTrustChain: true },
      },
    ],
    [
      'client',
      'verifyPeer = yes\nverifyChain = yes\nCAfile = peer.pem\ncheckHost = a.example',
      { service: { pins: [file('peer.pem')] }, tls: { ca: [file('peer.pem')], names: ['a.example'] } },
    ],
  ],
  requireCert: [
    ['server', 'requireCert = yes', { tls: { requestCert: true, rejectUnauthorized: false } }],
    ['server', 'requireCert = no', {}],
  ],
  checkHost: [
    [
      'client',
      'checkHost = a.example\ncheckHost = b.example',
      { tls: { names: ['a.example', 'b.example'] } },
    ],
    [
      'server',
      'verifyChain = yes\ncheckHost = door.example',
      { service: { allow: [{ dns: 'door.example' }] }, tls: VERIFIED },
    ],
  ],
  checkIP: [['client', 'checkIP = 192.0.2.1', { tls: { names: ['192.0.2.1'] } }]],
  checkEmail: [
    [
      'client',
      'checkEmail = a@mail.example\ncheckHost = mail.example',
      {
        service: { allow: [{ dns: 'mail.example' }, { email: 'a@mail.example' }] },
        tls: { names: null },
      },
    ],
  ],
  sni: [
    ['client', 'sni = other.example', { tls: { servername: 'other.example' } }],
    ['client', 'sni =', { tls: { servername: '', names: ['mail.example'] } }],
  ],
  protocol: [
    ['client', 'protocol = smtp', { service: { starttls: 'smtp' } }],
    ['client', 'protocol = IMAP', { service: { starttls: 'imap' } }],
    ['client', 'protocol = pop3', { service: { starttls: 'pop3' } }],
    ['client', 'protocol = nntp', { service: { starttls: 'nntp' } }],
    ['client', 'protocol = ldap', { service: { starttls: 'ldap' } }],
    ['client', 'protocol = pgsql', { service: { starttls: 'postgres' } }],
    ['client', 'protocol = proxy', 'refused'],
    ['server', 'protocol = proxy', { service: { proxyProtocol: { out: 1 } } }],
    ['server', 'protocol = connect', 'refused'],
    ['client', 'protocol = cifs', 'refused'],
    ['server', 'protocol = smtp', { service: { starttls: 'smtp', implicitTls: true } }],
    ['server', 'protocol = imap', { service: { starttls: 'imap', implicitTls: true } }],
    ['server', 'protocol = pop3', { service: { starttls: 'pop3' } }],
    ['server', 'protocol = pgsql', { service: { starttls: 'postgres' } }],
    ['server', 'protocol = ldap', 'refused'],
    ['server', 'protocol = nntp', 'refused'],
    ['server', 'protocol = socks', 'refused'],
  ],
  failover: [['client', 'failover = RR', { service: { failover: 'rr' } }]],
  delay: [['client', 'delay = yes', {}]],
  local: [['client', 'local = 192.0.2.2', { service: { localAddress: '192.0.2.2' } }]],
  redirect: [
    [
      'server',
      'redirect = 8080\nverifyChain = yes',
      { service: { redirect: [host('localhost', 8080)] }, tls: VERIFIED },
    ],
  ],
  reset: [['client', 'reset = no', { service: { reset: false } }]],
  TIMEOUTconnect: [
    ['client', 'TIMEOUTconnect = 5', { service: { timeouts: { connect: 5000 } } }],
    ['client', 'TIMEOUTconnect = 0', 'refused'],
  ],
  TIMEOUTbusy: [
    ['client', 'TIMEOUTbusy = 60', { service: { timeouts: { busy: 60_000, handshake: 60_000 } } }],
  ],
  TIMEOUTclose: [
    ['client', 'TIMEOUTclose = 7', { service: { timeouts: { close: 7000 } } }],
    ['client', 'TIMEOUTclose = 0', { service: { timeouts: { close: 1 } } }],
  ],
  TIMEOUTidle: [['client', 'TIMEOUTidle = 3600', { service: { timeouts: { idle: 3_600_000 } } }]],
  TIMEOUTocsp: [['client', 'TIMEOUTocsp = 3', { tls: { revocationTimeout: 3000 } }]],
  sslVersion: [
    ['client', 'sslVersion = TLSv1.2', { tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } }],
    ['client', 'sslVersion = all', {}],
    ['client', 'sslVersion = SSLv3', 'refused'],
  ],
  sslVersionMin: [
    ['client', 'sslVersionMin = TLSv1.3', { tls: { minVersion: 'TLSv1.3' } }],
    ['client', 'sslVersionMin = TLSv1', NOTICE],
  ],
  sslVersionMax: [
    ['client', 'sslVersionMax = TLSv1.2', { tls: { maxVersion: 'TLSv1.2' } }],
    ['client', 'sslVersionMax = TLSv1.1', { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } }],
  ],
  options: [
    ['client', 'options = NO_TLSv1.2', { tls: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } }],
    [
      'client',
      'options = NO_TLSv1_3\noptions = NO_SSLv2',
      { tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } },
    ],
    ['client', 'options = NO_TLSv1.3\noptions = -NO_TLSv1.3', {}],
    ['client', 'options = NO_TICKET', NOTICE],
    ['client', 'options = -NO_SSLv3', NOTICE],
    ['client', 'options = ALLOW_UNSAFE_LEGACY_RENEGOTIATION', 'refused'],
  ],
  socket: [
    ['client', 'socket = l:TCP_NODELAY=1', {}],
    ['client', 'socket = r:SO_KEEPALIVE=1', NOTICE],
    ['client', 'socket = a:SO_RCVBUF=1', 'refused'],
  ],
  debug: [
    ['head', 'debug = daemon.info', { process: { debug: 6 } }],
    ['head', 'debug = 7', { process: { debug: 7 } }],
    ['client', 'debug = 7', NOTICE],
  ],
  output: [
    ['head', 'output = a.log', { process: { output: stunnelPath('a.log') } }],
    ['head', 'output = /dev/stdout', { process: { output: '/dev/stdout' } }],
  ],
  log: [['head', 'log = overwrite', { process: { log: 'overwrite' } }]],
  service: [
    ['head', 'service = mail', { process: { service: 'mail' } }],
    ['client', 'service = mail', NOTICE],
  ],
  ciphers: [
    [
      'client',
      'ciphers = ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA',
      { tls: { ciphers: 'ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA' } },
    ],
    ['client', 'ciphers = HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK', {}],
    ['client', 'ciphers = HIGH', 'refused'],
    ['client', 'ciphers = DEFAULT@SECLEVEL=2', 'refused'],
  ],
  ciphersuites: [
    ['client', 'ciphersuites = TLS_AES_128_GCM_SHA256', { tls: { ciphers: 'TLS_AES_128_GCM_SHA256' } }],
  ],
  config: [
    ['client', 'config = MinProtocol:TLSv1.3', { tls: { minVersion: 'TLSv1.3' } }],
    ['client', 'config = VerifyCAFile:a.pem', 'refused'],
  ],
  OCSPaia: [
    ['client', 'OCSPaia = yes', { tls: { revocation: 'hard' } }],
    ['client', 'OCSPaia = no', {}],
  ],
  OCSPrequire: [['client', 'OCSPrequire = no\nOCSPaia = yes', { tls: { revocation: 'soft' } }]],
  CRLcheckChain: [
    ['client', 'CRLcheckChain = no', NOTICE],
    ['client', 'CRLcheckChain = yes', {}],
  ],
  engine: [
    ['head', 'engine = capi', {}],
    ['head', 'engine = pkcs11', 'refused'],
  ],
  engineId: [
    ['client', 'engineId = capi', { tls: { certificate: 'issuers' } }],
    ['client', 'engineId = pkcs11', 'refused'],
  ],
  engineNum: [['client', 'engineNum = 1', { tls: { certificate: 'issuers' } }]],
  engineCtrl: [
    ['head', 'engineCtrl = store_flags:1', {}],
    ['head', 'engineCtrl = debug_level:2', NOTICE],
  ],
  provider: [
    ['head', 'provider = cng', {}],
    ['head', 'provider = tpm2', 'refused'],
  ],
  CAstore: [
    ['client', 'CAstore = org.openssl.winstore://', {}],
    ['client', 'CAstore = file:ca.pem', 'refused'],
  ],
  sessionCacheTimeout: [['client', 'sessionCacheTimeout = 60', { tls: { sessionTimeout: 60 } }]],
  curves: [
    ['client', 'curves = X25519:P-256:X448:P-521:P-384', {}],
    ['client', 'curves = P-521', 'refused'],
  ],
  securityLevel: [
    ['client', 'securityLevel = 2', {}],
    ['client', 'securityLevel = 3', 'refused'],
  ],
  OCSPnonce: [['client', 'OCSPnonce = yes', NOTICE]],
  sessionCacheSize: [['client', 'sessionCacheSize = 10', NOTICE]],
  sessionResume: [['client', 'sessionResume = no', NOTICE]],
  providerParameter: [['head', 'providerParameter = cng:x=y', NOTICE]],
  setuid: [['head', 'setuid = nobody', NOTICE]],
  setgid: [['head', 'setgid = nogroup', NOTICE]],
  chroot: [['head', 'chroot = /var', NOTICE]],
  syslog: [['head', 'syslog = no', NOTICE]],
  foreground: [['head', 'foreground = quiet', NOTICE]],
  pid: [['head', 'pid = /run/stunnel.pid', NOTICE]],
  logId: [['client', 'logId = unique', NOTICE]],
  EGD: [['head', 'EGD = x', NOTICE]],
  RNDbytes: [['head', 'RNDbytes = 64', NOTICE]],
  RNDfile: [['head', 'RNDfile = x', NOTICE]],
  RNDoverwrite: [['head', 'RNDoverwrite = yes', NOTICE]],
  iconActive: [['head', 'iconActive = x', NOTICE]],
  iconError: [['head', 'iconError = x', NOTICE]],
  iconIdle: [['head', 'iconIdle = x', NOTICE]],
  taskbar: [['head', 'taskbar = no', NOTICE]],
  stack: [['client', 'stack = 65536', NOTICE]],
  PSKidentity: [['client', 'PSKidentity = x', 'refused']],
  PSKsecrets: [['client', 'PSKsecrets = x', 'refused']],
  ticketKeySecret: [['server', 'ticketKeySecret = 00', 'refused']],
  ticketMacSecret: [['server', 'ticketMacSecret = 00', 'refused']],
  sessiond: [['client', 'sessiond = a:1', 'refused']],
  compression: [
    ['head', 'compression = deflate', 'refused'],
    ['head', 'compression = none', {}],
  ],
  engineDefault: [['head', 'engineDefault = ALL', 'refused']],
  fips: [
    ['head', 'fips = yes', 'refused'],
    ['head', 'fips = no', {}],
  ],
  transparent: [
    ['server', 'transparent = source', 'refused'],
    ['server', 'transparent = none', {}],
  ],
  exec: [['server', 'exec = a.exe', 'refused']],
  // What they do together is tested where programs are read.
  execArgs: [],
  pty: [
    ['server', 'pty = yes', 'refused'],
    ['server', 'pty = no', {}],
  ],
  setEnv: [['server', 'setEnv = A=b', NOTICE]],
  retry: [
    ['client', 'retry = yes', 'refused'],
    ['client', 'retry = no', {}],
  ],
  ident: [['server', 'ident = a', 'refused']],
  libwrap: [
    ['server', 'libwrap = yes', 'refused'],
    ['server', 'libwrap = no', {}],
  ],
  renegotiation: [
    ['server', 'renegotiation = no', 'refused'],
    ['server', 'renegotiation = yes', {}],
  ],
  OCSP: [['client', 'OCSP = http://ocsp.example', 'refused']],
  OCSPflag: [['client', 'OCSPflag = NOCERTS', 'refused']],
  transport: [
    ['client', 'transport = dtls', 'refused'],
    ['client', 'transport = tls', {}],
  ],
  protocolHost: [
    ['client', 'protocolHost = a:1', 'refused'],
    [
      'client',
      'protocol = connect\nprotocolHost = imap.example:993',
      {
        service: {
          connect: [host('imap.example', 993)],
          through: [{ protocol: 'connect', ...host('mail.example', 993) }],
        },
      },
    ],
  ],
  protocolHeader: [['client', 'protocolHeader = a: b', 'refused']],
  protocolUsername: [
    ['client', 'protocolUsername = a', 'refused'],
    [
      'client',
      'protocol = connect\nprotocolHost = imap.example:993\nprotocolUsername = user',
      {
        service: {
          connect: [host('imap.example', 993)],
          through: [{ protocol: 'connect', ...host('mail.example', 993), user: 'user' }],
        },
      },
    ],
  ],
  protocolPassword: [
    ['client', 'protocolPassword = a', 'refused'],
    [
      'client',
      'protocol = connect\nprotocolHost = imap.example:993\nprotocolUsername = user\nprotocolPassword = a=b',
      {
        service: {
          connect: [host('imap.example', 993)],
          through: [
            {
              ...{ protocol: 'connect', ...host('mail.example', 993), user: 'user' },
              password: { ...file('stunnel.conf'), line: 8 },
            },
          ],
        },
      },
    ],
  ],
  protocolDomain: [['client', 'protocolDomain = a', 'refused']],
  protocolAuthentication: [
    ['client', 'protocolAuthentication = ntlm', 'refused'],
    ['client', 'protocolAuthentication = basic', {}],
  ],
};

describe('apps/tunnel/stunnel/plan-configuration: each option', () => {
  it('has a case for every option of the table, and for no other', () => {
    assert.deepEqual(Object.keys(CASES).sort(), Object.keys(STUNNEL_OPTIONS).sort());
  });

  for (const [name, cases] of Object.entries(CASES)) {
    for (const [side, lines, expected] of cases) {
      it(`${side}: ${lines.replaceAll('\n', ', ')}`, () =>
        expected === 'refused' ? isRefused(name, side, lines) : isHonoured(name, side, lines, expected));
    }
  }
});

const textOf = (side: keyof typeof BASE, lines: string): string =>
  side === 'head' ? `${lines}\n${BASE.head}` : `${BASE[side]}${lines}\n`;

async function isRefused(name: string, side: keyof typeof BASE, lines: string): Promise<void> {
  const line = side === 'head' ? 1 : 5;
  await assert.rejects(planText(textOf(side, lines)), (error: Error & { code?: string; advice?: string }) => {
    assert.equal(error.code, 'ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED', error.message);
    assert.match(error.message, new RegExp(`stunnel\\.conf:${line}: "${name} = .*": This option cannot be`));
    assert.match(error.advice ?? '', /\.$/);
    return true;
  });
}

async function isHonoured(
  name: string,
  side: keyof typeof BASE,
  lines: string,
  { service, tls, process, notice = false }: Expected,
): Promise<void> {
  const plain = await planText(BASE[side]);
  const plan = await planText(textOf(side, lines));
  const expected: StunnelPlan = {
    notices: plan.notices,
    process: { ...plain.process, ...process },
    services: plain.services.map((one) => ({ ...one, ...service, tls: { ...one.tls, ...tls } })),
  };
  assert.deepEqual(plan, expected);
  assert.equal(
    plan.notices.some(({ text }) => text.includes(`"${name} = `)),
    notice,
  );
}
