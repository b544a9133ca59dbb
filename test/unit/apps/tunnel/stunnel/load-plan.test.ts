import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import type { AllowRule, TunnelOptions } from '#lib/apps/tunnel/options.js';
import { loadTunnel } from '#lib/apps/tunnel/stunnel/load-plan.js';
import { createSecureContext } from '#lib/tls/secure-context/secure-context.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { memoryFiles, stunnelPath } from '../../../../support/stunnel-files.js';
import { planText } from '../../../../support/stunnel-plan.js';

const CLIENT = '[a]\nclient = yes\naccept = ::1:1\nconnect = b:2\n';
const SERVER = '[a]\naccept = ::1:1\nconnect = 2\ncert = own.pem\n';

const keyOf = ({ cert }: TestCertificate): string =>
  createHash('sha256')
    .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** What certificates have that the check of a name looks at. */
const named = (subjectaltname: string) =>
  ({ subject: { CN: 'x' }, subjectaltname }) as unknown as DetailedPeerCertificate;

describe('apps/tunnel/stunnel/load-plan', () => {
  let one: TestCertificate;
  let other: TestCertificate;
  let files: Record<string, string | Uint8Array>;

  before(async () => {
    [one, other] = await Promise.all([
      selfSigned({ subject: 'CN=one' }),
      selfSigned({ subject: 'CN=other' }),
    ]);
    files = {
      'own.pem': one.cert + one.key,
      'own.crt': one.cert,
      'own.key': one.key,
      'own.p12': new Uint8Array([0x30, 0x80, 1, 2]),
      'ca/1.der': one.der,
      'ca/2.pem': other.cert,
      'both.pem': `${one.cert}text between them\n${other.cert}`,
      'text.txt': 'nothing',
    };
  });

  const load = async (text: string, passphrase?: string): Promise<TunnelOptions> => {
    const [plan] = (await planText(text)).services;
    assert.ok(plan);
    return loadTunnel(plan, { files: memoryFiles(files), passphrase });
  };

  it('takes certificate and key from one file', async () => {
    const { mode, tls } = await load(SERVER);
    const pem = Buffer.from(one.cert + one.key);
    assert.deepEqual([mode, tls], ['server', { cert: [pem], key: [pem] }]);
  });

  it('reads the password for a proxy where it stands', async () => {
    const text = `${CLIENT}protocol = connect\nprotocolHost = c:3\nprotocolUsername = user\nprotocolPassword =  a=b \n`;
    const [plan] = (await planText(text)).services;
    assert.doesNotMatch(JSON.stringify(plan), /a=b/);
    files['stunnel.conf'] = text;
    assert.deepEqual(await load(text), {
      ...{ name: 'a', mode: 'client', accept: { host: '::1', port: 1 }, connect: [{ host: 'c', port: 3 }] },
      through: [{ protocol: 'connect', host: 'b', port: 2, user: 'user', password: 'a=b' }],
      tls: {},
    });
    files['stunnel.conf'] = CLIENT.replaceAll('=', ' ').repeat(2);
    await assert.rejects(load(text), { code: 'ERR_SCHANNEL_TUNNEL_CONFIG', message: /no password in .*:8$/ });
  });

  it('makes options that a context of TLS accepts', async () => {
    const { tls } = await load(
      `${SERVER}verifyChain = yes\nCApath = ca\nciphers = ECDHE-RSA-AES256-GCM-SHA384\nsslVersion = TLSv1.2\n` +
        'OCSPaia = yes\nTIMEOUTocsp = 1\nsessionCacheTimeout = 60',
    );
    const context = createSecureContext(tls);
    assert.deepEqual(context.protocols, { min: 'TLSv1.2', max: 'TLSv1.2' });
    assert.deepEqual(
      context.authorities?.map(({ der }) => Buffer.from(der)),
      [Buffer.from(one.der), Buffer.from(other.der)],
    );
    assert.deepEqual([...(context.ciphers ?? [])], ['ECDHE-RSA-AES256-GCM-SHA384']);
    assert.equal(context.revocation, 'hard');
  });

  it('searches the store for a certificate by its name, so that a renewed one is found', async () => {
    const { tls } = await load(`${CLIENT}cert = LocalMachine\\MY\\mail.example`);
    assert.deepEqual(tls?.certificate, { store: 'LocalMachine\\MY', dns: 'mail.example' });
    assert.ok(createSecureContext(tls));
  });

  it('takes the key from its own file, and a password for it', async () => {
    const { tls } = await load(`${CLIENT}cert = own.crt\nkey = own.key`, 'secret');
    assert.deepEqual(tls, {
      passphrase: 'secret',
      cert: [Buffer.from(one.cert)],
      key: [Buffer.from(one.key)],
    });
  });

  it('recognizes PKCS#12 by its first byte', async () => {
    assert.deepEqual((await load(`${CLIENT}cert = own.p12`)).tls, { pfx: [Buffer.from([0x30, 0x80, 1, 2])] });
  });

  it('reads all files of a folder by name', async () => {
    const { tls } = await load(`${CLIENT}CApath = ca`);
    assert.deepEqual(tls, { ca: [Buffer.from(one.der), Buffer.from(other.cert)] });
  });

  it('allows the keys of the certificates that verifyPeer knows, in PEM and DER', async () => {
    const expected = [keyOf(one), keyOf(other)];
    for (const trust of ['CAfile = both.pem', 'CApath = ca']) {
      const { allow } = await load(`${CLIENT}verifyPeer = yes\n${trust}`);
      assert.deepEqual(allow, [{ spki: expected }]);
    }
  });

  it('requires one of the names as well as one of the keys', async () => {
    const { allow } = await load(
      `${SERVER}verifyPeer = yes\nCAfile = own.crt\ncheckHost = a\ncheckEmail = b@c`,
    );
    const spki = [keyOf(one)];
    assert.deepEqual(allow, [
      { dns: 'a', spki },
      { email: 'b@c', spki },
    ] satisfies AllowRule[]);
  });

  it('accepts a server with one of the names, and none with another', async () => {
    const { tls } = await load(`${CLIENT}checkHost = a.mail.example\ncheckIP = 192.0.2.1`);
    assert.ok(tls && 'checkServerIdentity' in tls);
    const check = (names: string) => tls.checkServerIdentity?.('b', named(names));
    assert.equal(check('DNS:*.mail.example'), undefined);
    assert.equal(check('DNS:c.test, IP Address:192.0.2.1'), undefined);
    assert.match(String(check('DNS:b')), /a\.mail\.example/);
  });

  it('accepts every name of a server whose authority is known and whose name is not asked for', async () => {
    const { tls } = await load(`${CLIENT}verifyChain = yes\nCAfile = own.crt`);
    assert.ok(tls && 'checkServerIdentity' in tls);
    assert.equal(tls.checkServerIdentity?.('b', named('DNS:c')), undefined);
  });

  it('leaves the check of the name as it is, if the file says nothing about it', async () => {
    assert.deepEqual((await load(CLIENT)).tls, {});
  });

  it('shows the first certificate of Windows that the server accepts, or none', async () => {
    const { tls } = await load(`${CLIENT}engineId = capi`);
    const select = tls?.certificate;
    assert.ok(typeof select === 'function');
    const ask = (candidates: readonly object[]) =>
      select({ candidates: () => Promise.resolve(candidates) } as unknown as Parameters<typeof select>[0]);
    const first = { raw: one.der };
    assert.equal(await ask([first, { raw: other.der }]), first);
    assert.equal(await ask([]), null);
  });

  it('reads the files of sections for single names', async () => {
    const options = await load(
      `${SERVER}verifyChain = yes\n[b]\nverifyChain = yes\nsni = a:b.example\nconnect = 3\ncert = own.crt\nkey = own.key\nCAfile = own.crt`,
    );
    assert.ok(options.mode === 'server');
    assert.deepEqual(options.routes, {
      'b.example': {
        connect: [{ host: 'localhost', port: 3 }],
        tls: {
          ca: [Buffer.from(one.cert)],
          cert: [Buffer.from(one.cert)],
          key: [Buffer.from(one.key)],
        },
      },
    });
  });

  it('gives each name the demands and the rules of its section', async () => {
    const options = await load(
      `${SERVER}verifyPeer = yes\nCAfile = own.crt\n[b]\nverifyChain = yes\nsni = a:b\nconnect = 3\ncert = own.crt\nkey = own.key\n` +
        '[c]\nsni = a:c\nconnect = 3\ncert = own.crt\nkey = own.key',
    );
    assert.ok(options.mode === 'server');
    const { b, c } = options.routes ?? {};
    assert.ok(typeof b?.allow === 'function');
    assert.equal(b.allow({} as Parameters<typeof b.allow>[0]), true);
    assert.deepEqual([c?.allow, c?.requestCert, c?.rejectUnauthorized], [undefined, false, true]);
  });

  it('keeps everything else of the plan', async () => {
    const options = await load(
      `${CLIENT}protocol = imap\nfailover = rr\nlocal = ::1\nreset = no\nTIMEOUTidle = 2\nsni = c\nverify = 0`,
    );
    assert.deepEqual(options, {
      name: 'a',
      mode: 'client',
      accept: { host: '::1', port: 1 },
      connect: [{ host: 'b', port: 2 }],
      starttls: 'imap',
      failover: 'rr',
      localAddress: '::1',
      reset: false,
      timeouts: { idle: 2000 },
      tls: { servername: 'c', rejectUnauthorized: false },
    });
  });

  it('keeps what a server is asked for TLS in', async () => {
    const options = await load(`${SERVER}protocol = smtp`);
    assert.ok(options.mode === 'server');
    assert.deepEqual([options.starttls, options.implicitTls], ['smtp', true]);
  });

  it('says which file it cannot read', async () => {
    await assert.rejects(load(`${CLIENT}CAfile = none.pem`), {
      code: 'ERR_SCHANNEL_TUNNEL_CONFIG',
      message: `Cannot read ${stunnelPath('none.pem')}: no such file`,
    });
    await assert.rejects(load(`${CLIENT}CRLpath = none`), {
      code: 'ERR_SCHANNEL_TUNNEL_CONFIG',
      message: `Cannot read ${stunnelPath('none')}: no such folder`,
    });
  });

  it('refuses a file without a certificate for verifyPeer', async () => {
    await assert.rejects(load(`${CLIENT}verifyPeer = yes\nCAfile = text.txt`), {
      code: 'ERR_SCHANNEL_OPTION_CERTIFICATE',
    });
  });
});
