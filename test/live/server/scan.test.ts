import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { probe } from '#lib/apps/probe/probe.js';
import { GROUPS } from '#lib/formats/tls-wire/groups.js';
import { comparableReport, comparableScan } from '../../support/comparable-scans.js';
import { groupsOfNode } from '../../support/groups-of-node.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { localhostServer, SchannelServer } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { sslscan, type Scan } from '../../support/sslscan.js';
import { undoneAfter } from '../../support/undone-after.js';
import { needsVersion, skipOnDouble } from '../../support/windows.js';

describe('sslscan at a server', () => {
  let server: SchannelServer;
  let scan: Scan;
  const undo = undoneAfter();
  before(async function () {
    await needsPeer(this, 'sslscan');
    server = await SchannelServer.start();
    undo(() => server.close());
    scan = await sslscan(server.port);
  });

  it('finds no version before TLS 1.2', () => {
    assert.deepEqual(
      scan.versions.filter((version) => !/^TLSv1\.[23]$/.test(version)),
      [],
    );
  });
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`finds ${version}, with forward secrecy first`, function () {
      needsVersion(this, version);
      assert.ok(scan.versions.includes(version));
      const preferred = new RegExp(`<cipher status="preferred" sslversion="${version}" .* curve="25519"`);
      assert.match(scan.xml, preferred);
      assert.match(scan.xml, new RegExp(`<heartbleed sslversion="${version}" vulnerable="0" />`));
    });
  }
  it('finds no suite that is broken', () => {
    assert.match(scan.xml, /<cipher status="accepted" /);
    assert.doesNotMatch(scan.xml, / cipher="[^"]*(NULL|EXPORT|RC4|DES|MD5|anon)/i);
  });
  it('scans a server that chooses by name, which still works afterwards', async () => {
    assert.match(scan.xml, / sniname="localhost" /);
    const client = await server.opened();
    client.destroy();
  });
  it('finds what a probe finds, except suites of DHE with the primes of RFC 7919', async function () {
    await needsPeer(this, 'gnutls-cli');
    const report = await probe({ host: 'localhost', port: server.port }, { checks: ['groups'] });
    const { versions, suites, groups } = comparableReport(report);
    const isDhe = (name: string): boolean => name.startsWith('TLS_DHE_');
    const found = suites['TLSv1.2'] ?? [];
    const others = { ...suites, 'TLSv1.2': found.filter((name) => !isDhe(name)) };
    assert.deepEqual({ versions, suites: others, groups }, comparableScan(scan));
    assert.deepEqual(report.unsure, []);
    // sslscan names no primes, and Wine's server then has none. GnuTLS names them.
    const client = await startPeer('gnutls-cli', [
      ...['--insecure', '--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA', '--logfile=/dev/null'],
      ...[`--port=${server.port}`, '127.0.0.1'],
    ]);
    client.stdin.end();
    const { code } = await client.exited;
    assert.equal(found.some(isDhe), code === 0, client.output());
  });
});

describe('a probe of node:tls', () => {
  it("finds the groups on which OpenSSL's own client agrees, ML-KEM among them", async function () {
    skipOnDouble(this, 'nothing is asked of Schannel');
    const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
    if (major < 3 || (major === 3 && minor < 5)) skip(this, 'this OpenSSL has no ML-KEM');
    const { cert, key } = await localhostServer();
    const server = tls.createServer({ cert, key, minVersion: 'TLSv1.3' });
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const target = { host: '127.0.0.1', port, servername: 'localhost' };
      const { groups, unsure } = await probe(target, { checks: ['groups'] });
      const agreed = await groupsOfNode(Object.keys(GROUPS), { ...target, rejectUnauthorized: false });
      assert.deepEqual([...(groups['TLSv1.3'] ?? [])].sort(), agreed.sort());
      assert.ok(agreed.includes('X25519MLKEM768'));
      assert.deepEqual(unsure, []);
    } finally {
      server.close();
    }
  });
});
