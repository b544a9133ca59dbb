import assert from 'node:assert/strict';
import { probe } from '#lib/apps/probe/probe.js';
import type { ProbeReport } from '#lib/apps/probe/report.js';
import { TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { startNginx } from '../../../support/nginx.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { needsPeer, startPeer, type Peer } from '../../../support/peers.js';
import { sClient, type Shown } from '../../../support/s-client.js';

/** How s_client asks for each kind of certificate, and the version it is then shown in. */
const QUESTIONS = [
  ...['aRSA', 'aECDSA', 'aDSS'].map(
    (kind) => ['TLSv1.2', ['-tls1_2', '-cipher', `${kind}:@SECLEVEL=0`]] as const,
  ),
  ...['RSA-PSS+SHA256', 'ECDSA+SHA256', 'ed25519'].map(
    (scheme) => ['TLSv1.3', ['-tls1_3', '-sigalgs', scheme]] as const,
  ),
] as const;

/** Schemes of TLS 1.3 as s_client prints them. */
const SCHEMES: Readonly<Record<string, string>> = {
  'RSA-PSS SHA256': 'rsa_pss_rsae_sha256',
  'ECDSA SHA256': 'ecdsa_secp256r1_sha256',
  Ed25519: 'ed25519',
};

describe('apps/probe/certificates: what openssl s_client is shown', () => {
  const files = new Openssl();
  const running: Peer[] = [];
  let root: TestAuthority;
  let issuing: TestAuthority;
  let rsa: TestCertificate;
  let ec: TestCertificate;

  before(async function () {
    needsOpenssl(this);
    await needsPeer(this, 'openssl');
    root = await TestAuthority.create('CN=Root');
    issuing = await root.authority('CN=Issuing', { key: 'rsa' });
    [rsa, ec] = await Promise.all([issuing.issue({ key: 'rsa' }), issuing.issue()]);
    const { cert, key } = issuing.certificate;
    files.write('issuing.pem', cert);
    files.write('issuing.key', key);
    files.write('index', `V\t301231000000Z\t\t${rsa.serialNumber.toUpperCase()}\tunknown\t/CN=localhost\n`);
    const authority = [
      '-index',
      'index',
      '-rsigner',
      'issuing.pem',
      '-rkey',
      'issuing.key',
      '-CA',
      'issuing.pem',
    ];
    const question = ['-issuer', 'issuing.pem', '-serial', `0x${rsa.serialNumber}`];
    files.run('ocsp', ...authority, ...question, '-ndays', '1', '-respout', 'staple.der');
  });

  afterEach(() => Promise.all(running.splice(0).map((peer) => peer.stop())));
  after(() => files.remove());

  /** A server that shows two chains, the second in a wrong order, and asks for certificates of two authorities. */
  async function nginx(): Promise<Peer> {
    const [top, below] = [root.certificate.cert, issuing.certificate.cert];
    const other = await root.issue({ subject: 'CN=other' });
    const nameless = [
      // The versions of the first server are those of all.
      'listen 127.0.0.1:{port} ssl http2 default_server; ssl_protocols TLSv1.2 TLSv1.3;',
      'ssl_certificate {file:other}; ssl_certificate_key {file:otherKey};',
    ];
    const named = [
      'listen 127.0.0.1:{port} ssl http2; server_name localhost;',
      'ssl_certificate {file:rsa}; ssl_certificate_key {file:rsaKey};',
      'ssl_certificate {file:ec}; ssl_certificate_key {file:ecKey};',
      `ssl_stapling on; ssl_stapling_file ${files.pathOf('staple.der')};`,
      'ssl_verify_client optional; ssl_client_certificate {file:authorities};',
    ];
    const server = await startNginx([nameless.join('\n'), named.join('\n')], {
      rsa: rsa.cert + below + top,
      rsaKey: rsa.key,
      ec: ec.cert + top + below,
      ecKey: ec.key,
      other: other.cert,
      otherKey: other.key,
      authorities: top + below,
    });
    running.push(server);
    return server;
  }

  async function sServer(...args: readonly string[]): Promise<Peer> {
    const server = await startPeer('openssl', ['s_server', '-accept', '127.0.0.1:{port}', ...args], {
      files: { rsa: rsa.cert, rsaKey: rsa.key, chain: issuing.certificate.cert },
    });
    running.push(server);
    await server.waitFor(/ACCEPT/);
    return server;
  }

  it('is reported: two kinds of key and of order, a staple, and who may certify clients', async function () {
    await needsPeer(this, 'nginx');
    const { port } = await nginx();
    const [report, shown] = [await probed(port), await shownBy(port)];
    assert.deepEqual(reported(report), shown);
    assert.deepEqual(
      shown.map(({ version, scheme, chain, isOrdered }) => [version, scheme, chain.length, isOrdered]),
      [
        ['TLSv1.2', null, 3, true],
        ['TLSv1.2', null, 3, false],
        ['TLSv1.3', 'rsa_pss_rsae_sha256', 3, true],
        ['TLSv1.3', 'ecdsa_secp256r1_sha256', 3, false],
      ],
    );
    assert.ok(shown.every(({ isStapled, authorities }) => isStapled && authorities === 2));
    const { length } = files.read('staple.der');
    assert.ok(report.certificates.every(({ staple }) => staple === length));
    assert.deepEqual(report.alpn, await alpnBy(port));
    assert.deepEqual(report.alpn, ['h2', 'http/1.1', 'http/1.0']);
    const nameless = await sClient(port, '-noservername');
    assert.equal(nameless?.chain.length, 1);
    assert.equal(report.features.needsServername, true);
  });

  it('is reported: only TLS 1.3, with a staple, a question to any client, and a curve of 521 bits', async () => {
    const { port } = await sServer(
      ...['-tls1_3', '-groups', 'P-521', '-alpn', 'smtp', '-verify', '1'],
      ...['-cert', '{file:rsa}', '-key', '{file:rsaKey}', '-cert_chain', '{file:chain}'],
      ...['-status_file', files.pathOf('staple.der')],
    );
    const [report, shown] = [await probed(port), await shownBy(port)];
    assert.deepEqual(reported(report), shown);
    assert.deepEqual(
      shown.map(({ chain, isStapled, authorities }) => [chain.length, isStapled, authorities]),
      [[2, true, 0]],
    );
    assert.deepEqual([report.alpn, await alpnBy(port)], [['smtp'], ['smtp']]);
  });

  it('is reported: Ed25519 and DSA', async () => {
    files.run('genpkey', '-algorithm', 'ed25519', '-out', 'ed.key');
    files.run('dsaparam', '-genkey', '-out', 'dsa.key', '1024');
    for (const name of ['ed', 'dsa']) {
      files.run('req', '-x509', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.pem`);
    }
    const { port } = await sServer(
      ...['-cert', files.pathOf('ed.pem'), '-key', files.pathOf('ed.key')],
      ...['-dcert', files.pathOf('dsa.pem'), '-dkey', files.pathOf('dsa.key'), '-cipher', 'ALL:@SECLEVEL=0'],
    );
    const [report, shown] = [await probed(port), await shownBy(port)];
    assert.deepEqual(reported(report), shown);
    assert.deepEqual(
      report.certificates.map(({ version, key, scheme }) => `${version} ${key} ${scheme}`),
      ['TLSv1.2 ED25519 null', 'TLSv1.2 DSA 1024 null', 'TLSv1.3 ED25519 ed25519'],
    );
    assert.equal(report.groups.dhBits, 1024);
    assert.deepEqual([report.alpn, await alpnBy(port)], [[], []]);
  });
});

const probed = (port: number): Promise<ProbeReport> =>
  probe(
    { host: '127.0.0.1', port, servername: 'localhost' },
    { checks: ['groups', 'certificates', 'alpn'], timeout: 60_000, totalTime: 600_000 },
  );

/** What the two have in common. */
interface Row extends Omit<Shown, 'alpn' | 'signature'> {
  readonly version: string;
  readonly scheme: string | null;
}

const reported = ({ certificates }: ProbeReport): Row[] =>
  certificates
    .map(({ version, scheme, chain, isOrdered, staple, clientAuthorities }) => ({
      version,
      scheme,
      chain: chain.map(({ fingerprint256 }) => fingerprint256),
      isOrdered,
      isStapled: staple !== null,
      authorities: clientAuthorities,
    }))
    .sort(byPlace);

/** One handshake for each kind of key and version. */
async function shownBy(port: number): Promise<Row[]> {
  const rows = await Promise.all(
    QUESTIONS.map(async ([version, args]) => {
      const shown = await sClient(port, '-servername', 'localhost', ...args);
      if (shown === null) return [];
      const { signature, chain, isOrdered, isStapled, authorities } = shown;
      const scheme = version === 'TLSv1.3' ? (SCHEMES[signature ?? ''] ?? signature) : null;
      return [{ version, scheme, chain, isOrdered, isStapled, authorities }];
    }),
  );
  return rows.flat().sort(byPlace);
}

const byPlace = (one: Row, other: Row): number => (place(one) < place(other) ? -1 : 1);
const place = ({ version, isOrdered, chain }: Row): string =>
  `${version} ${isOrdered ? 'first' : 'last'} ${chain.join()}`;

const NAMES = ['http/1.0', 'imap', 'http/1.1', 'smtp', 'h2'];

/** What the server chooses for s_client, best first. */
async function alpnBy(port: number): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const left = NAMES.filter((name) => !found.includes(name));
    const shown = await sClient(port, '-servername', 'localhost', '-alpn', left.join());
    if (shown?.alpn == null) return found;
    found.push(shown.alpn);
  }
}
