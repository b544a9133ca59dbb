import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { probe } from '#lib/apps/probe/probe.js';
import type { ProbeReport } from '#lib/apps/probe/report.js';
import { suiteName } from '#lib/formats/tls-wire/suites.js';
import { comparableReport, comparableScan } from '../../../support/comparable-scans.js';
import { groupsOfNode } from '../../../support/groups-of-node.js';
import { startNginx } from '../../../support/nginx.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { needsPeer, startPeer, type Peer } from '../../../support/peers.js';
import { bothKinds, opensslServer, type BothKinds } from '../../../support/probed-server.js';
import { sslscan, type Scan } from '../../../support/sslscan.js';

const LOOPBACK = '127.0.0.1';
/** Of OpenSSL 3.5; sslscan knows none of them. */
const HYBRIDS = ['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024'];

interface Server {
  readonly port: number;
  /** A port of LDAP, where the probe has to ask for TLS. sslscan's request is one that slapd refuses. */
  readonly ldap?: number | undefined;
  stop(): Promise<void>;
}

type Row = readonly [title: string, program: string | null, start: () => Promise<Server>];

/** What two scanners found at the same server. */
interface Seen {
  readonly report: ProbeReport;
  readonly scan: Scan;
  /** Groups that sslscan can't know. */
  readonly hybrids: readonly string[];
}

describe('apps/probe/probe: what sslscan finds', () => {
  let kinds: BothKinds;
  const files = new Openssl();
  const seen = new Map<string, Promise<Seen>>();

  const openssl =
    (...args: readonly string[]) =>
    (): Promise<Server> =>
      opensslServer(kinds, ...args);

  async function nginx(): Promise<Server> {
    const { ec, rsa } = kinds;
    const server = [
      'listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;',
      'ssl_certificate {file:rsa}; ssl_certificate_key {file:rsaKey};',
      'ssl_certificate {file:ec}; ssl_certificate_key {file:ecKey};',
    ].join('\n');
    return startNginx([server], { rsa: rsa.cert, rsaKey: rsa.key, ec: ec.cert, ecKey: ec.key });
  }

  /**
   * Debian's slapd uses GnuTLS, and closes connections where others send an alert. It has a prime for DHE: without one,
   * it would accept DHE only from clients that name primes of RFC 7919. The probe names them, and sslscan doesn't.
   */
  async function gnutls(): Promise<Peer> {
    files.run('genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe3072', '-out', 'dh.pem');
    const { cert, key } = kinds.rsa;
    const slapd = await startPeer(
      'slapd',
      ['slapd-tls', '{file:cert}', '{file:key}', '{port}', '{port:clear}'],
      {
        files: { cert, key, 'dh.pem': files.read('dh.pem').toString() },
      },
    );
    await slapd.waitFor(/^ready$/m);
    return slapd;
  }

  async function ldap(): Promise<Server> {
    const slapd = await gnutls();
    return { port: slapd.port, ldap: slapd.ports['clear'], stop: () => slapd.stop() };
  }

  async function node(): Promise<Server> {
    const { ec, rsa } = kinds;
    const server = tls.createServer({
      cert: [rsa.cert, ec.cert],
      key: [rsa.key, ec.key],
      minVersion: 'TLSv1',
      ciphers: 'TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256:DEFAULT:aNULL+AES:@SECLEVEL=0',
      dhparam: 'auto',
    });
    server.on('tlsClientError', () => undefined).listen(0, LOOPBACK);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { port, stop: () => new Promise((resolve) => server.close(() => resolve())) };
  }

  const everything = ['-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'];
  const only12 = ['-tls1_2', '-cipher', 'ECDHE+AESGCM:ECDHE+CHACHA20', '-groups', 'P-384'];
  const ccm = 'TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256:TLS_CHACHA20_POLY1305_SHA256';
  const only13 = ['-tls1_3', '-ciphersuites', ccm, '-groups', 'X448:ffdhe2048:P-256'];
  const rows: readonly Row[] = [
    ['OpenSSL with every suite', 'openssl', openssl(...everything)],
    ['OpenSSL with only TLS 1.2', 'openssl', openssl(...only12)],
    ['OpenSSL with only TLS 1.3', 'openssl', openssl(...only13)],
    ['OpenSSL with only TLS 1.1', 'openssl', openssl('-tls1_1', '-cipher', 'AES+RSA:@SECLEVEL=0')],
    ['OpenSSL without TLS 1.2', 'openssl', openssl('-no_tls1_2', '-cipher', 'kRSA:@SECLEVEL=0')],
    ['nginx', 'nginx', nginx],
    ['GnuTLS', 'slapd', gnutls],
    ['GnuTLS behind STARTTLS', 'slapd', ldap],
    ['node:tls', null, node],
  ];

  before(async function () {
    needsOpenssl(this);
    await needsPeer(this, 'sslscan');
    kinds = await bothKinds();
    // Side by side, because both scanners mostly wait.
    for (const [title, , start] of rows) {
      const look = start().then(scanAndProbe);
      look.catch(() => undefined);
      seen.set(title, look);
    }
  });

  after(async () => {
    await Promise.allSettled(seen.values());
    files.remove();
  });

  const seenAt = (title: string): Promise<Seen> => seen.get(title) ?? assert.fail(title);

  for (const [title, program] of rows) {
    it(`is what a probe finds: ${title}`, async function () {
      if (program !== null) await needsPeer(this, program);
      const { report, scan, hybrids } = await seenAt(title);
      assert.deepEqual(comparableReport(report), comparableScan(scan, hybrids));
      assert.deepEqual(report.unsure, []);
    });
  }

  it('has the same order, where it is that of the server', async function () {
    await needsPeer(this, 'nginx');
    const { report, scan } = await seenAt('nginx');
    const { suites, order } = report.versions['TLSv1.2'];
    assert.equal(order, 'server');
    assert.deepEqual(
      suites.map(({ name }) => name),
      scan.suites['TLSv1.2']?.map(suiteName),
    );
  });
});

async function scanAndProbe(server: Server): Promise<Seen> {
  const { port, ldap } = server;
  try {
    // One after the other, because some of the servers serve one connection at a time.
    const scan = await sslscan(port);
    const target = { host: LOOPBACK, port, servername: 'localhost' };
    const report = await probe(ldap === undefined ? target : { ...target, port: ldap, starttls: 'ldap' }, {
      checks: ['groups'],
      timeout: 60_000,
      totalTime: 600_000,
    });
    const hybrids = await groupsOfNode(HYBRIDS, { host: LOOPBACK, port, rejectUnauthorized: false });
    return { report, scan, hybrids };
  } finally {
    await server.stop();
  }
}
