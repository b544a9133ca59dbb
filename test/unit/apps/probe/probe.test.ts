import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import { probe, type ProbeOptions } from '#lib/apps/probe/probe.js';
import type { ProbeReport } from '#lib/apps/probe/report.js';
import { freePort } from '../../../support/free-port.js';
import { schemaFaults } from '../../../support/json-schema.js';
import { PROBE_SCHEMA } from '../../../support/probe-report.js';
import { needsPeer, startPeer, type Peer } from '../../../support/peers.js';
import { bothKinds, opensslServer, type BothKinds } from '../../../support/probed-server.js';

const LOOPBACK = '127.0.0.1';

async function probed(peer: Peer, options: ProbeOptions = {}): Promise<ProbeReport> {
  const report = await probe({ host: LOOPBACK, port: peer.port, servername: 'localhost' }, options);
  assert.deepEqual(schemaFaults(JSON.parse(JSON.stringify(report)), PROBE_SCHEMA), []);
  return report;
}

describe('apps/probe/probe', () => {
  let kinds: BothKinds;
  const running: Peer[] = [];

  before(async () => {
    kinds = await bothKinds();
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((peer) => peer.stop()));
  });

  const openssl = async (...args: readonly string[]): Promise<Peer> => {
    const peer = await opensslServer(kinds, ...args);
    running.push(peer);
    return peer;
  };

  describe('OpenSSL', () => {
    before(async function () {
      await needsPeer(this, 'openssl');
    });

    it('lists suites in the order of the server, and says whose order it is', async () => {
      const order = 'AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:AES256-SHA256';
      const args = ['-tls1_2', '-cipher', order];
      const strict = await probed(await openssl(...args, '-serverpref'), { checks: [] });
      const found = strict.versions['TLSv1.2'].suites.map(({ openssl: name }) => name);
      assert.deepEqual([found.join(':'), strict.versions['TLSv1.2'].order], [order, 'server']);
      const lax = await probed(await openssl(...args), { checks: [] });
      assert.equal(lax.versions['TLSv1.2'].order, 'client');
    });

    it('merges lists that the server interleaves', async () => {
      const order = 'ADH-AES128-SHA:AES128-SHA:AECDH-AES256-SHA:AES256-SHA:NULL-SHA256';
      const server = await openssl('-tls1_2', '-serverpref', '-cipher', `${order}:@SECLEVEL=0`);
      const { suites } = (await probed(server, { checks: [] })).versions['TLSv1.2'];
      assert.equal(suites.map(({ openssl: name }) => name).join(':'), order);
    });

    it('says how versions are refused', async () => {
      const { versions } = await probed(await openssl('-tls1_2'), { checks: [] });
      assert.deepEqual(versions['TLSv1.3'], {
        offered: false,
        suites: [],
        order: null,
        refusal: { kind: 'alert', text: 'alert protocol_version' },
      });
      assert.equal(versions['TLSv1.1'].refusal?.text, 'alert protocol_version');
      assert.equal(versions.SSLv2.offered, false);
    });

    it('finds groups, in the order of the server, without a key exchange', async () => {
      const server = await openssl('-groups', 'P-384:X25519:X448:ffdhe2048:P-256', '-serverpref');
      const { groups } = await probed(server, { checks: ['groups'] });
      assert.deepEqual(groups['TLSv1.3'], ['secp384r1', 'x25519', 'x448', 'ffdhe2048', 'secp256r1']);
      assert.deepEqual(groups.before, ['secp384r1', 'x25519', 'x448', 'secp256r1']);
    });

    it('measures the prime of DHE', async () => {
      const server = await openssl('-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0');
      const { groups } = await probed(server, { checks: ['groups'] });
      assert.equal(groups.dhBits, 2048);
      assert.equal(groups.before, null);
    });

    it('reads the certificates of both kinds of key, before TLS 1.3 and in it', async () => {
      const { certificates } = await probed(await openssl(), { checks: ['groups', 'certificates'] });
      const rows = certificates.map(({ version, key, scheme }) => `${version} ${key} ${scheme}`);
      assert.deepEqual(rows.sort(), [
        'TLSv1.2 EC prime256v1 null',
        'TLSv1.2 RSA 2048 null',
        'TLSv1.3 EC prime256v1 ecdsa_secp256r1_sha256',
        'TLSv1.3 RSA 2048 rsa_pss_rsae_sha256',
      ]);
      assert.ok(certificates.every(({ chain }) => chain[0]?.names?.includes('DNS:localhost')));
      assert.ok(
        certificates.every(
          ({ isOrdered, staple, clientAuthorities }) =>
            isOrdered && staple === null && clientAuthorities === null,
        ),
      );
    });

    it('sees that a client certificate is asked for, and of whom', async () => {
      const { cert } = kinds.authority.certificate;
      const peer = await startPeer(
        'openssl',
        [
          's_server',
          '-accept',
          '127.0.0.1:{port}',
          '-cert',
          '{file:cert}',
          '-key',
          '{file:key}',
          '-Verify',
          '1',
          '-CAfile',
          '{file:ca}',
        ],
        { files: { cert: kinds.ec.cert, key: kinds.ec.key, ca: cert } },
      );
      running.push(peer);
      await peer.waitFor(/ACCEPT/);
      const { certificates } = await probed(peer, { checks: ['groups', 'certificates'] });
      assert.deepEqual(
        certificates.map(({ version, clientAuthorities, authorityNames }) => [
          version,
          clientAuthorities,
          authorityNames,
        ]),
        [
          ['TLSv1.2', 1, ['CN=Probed']],
          ['TLSv1.3', 1, ['CN=Probed']],
        ],
      );
    });

    it('finds what the server says of extensions', async () => {
      const { features } = await probed(await openssl('-cipher', 'ALL:@SECLEVEL=0'), {
        checks: ['features'],
      });
      assert.deepEqual(features, {
        secureRenegotiation: true,
        extendedMasterSecret: true,
        encryptThenMac: true,
        sessionTickets: true,
        compression: false,
        heartbeat: false,
        fallbackScsv: true,
        needsServername: null,
        nameRefused: false,
        clientRenegotiation: null,
      });
    });

    it('resumes sessions of each kind, and asks for a renegotiation', async () => {
      const tested = async (...args: readonly string[]) => {
        const report = await probed(await openssl(...args), { checks: ['sessions'] });
        return [report.resumption, report.features.clientRenegotiation];
      };
      assert.deepEqual(await tested('-client_renegotiation', '-early_data', '-max_early_data', '4096'), [
        { sessionIds: true, tickets: true, tls13: true, earlyData: 4096 },
        true,
      ]);
      assert.deepEqual(await tested('-tls1_2', '-no_renegotiation', '-no_ticket', '-no_cache'), [
        { sessionIds: false, tickets: false, tls13: null, earlyData: null },
        false,
      ]);
    });

    it('sends hellos that OpenSSL takes though they are unusual', async () => {
      for (const version of [[], ['-tls1_2']]) {
        const { tolerance } = await probed(await openssl(...version), { checks: ['tolerance'] });
        assert.deepEqual(tolerance, { newerVersion: true, grease: true, mediumHello: true, longHello: true });
      }
    });

    it('lists the signature schemes of the server, in its order', async () => {
      const schemes = 'rsa_pss_rsae_sha256:rsa_pkcs1_sha512:rsa_pkcs1_sha256:ecdsa_secp256r1_sha256';
      const { signatures, unsure } = await probed(await openssl('-sigalgs', schemes, '-serverpref'), {
        checks: ['groups', 'signatures'],
      });
      assert.deepEqual(unsure, []);
      assert.deepEqual(
        [[...(signatures['TLSv1.2'] ?? [])].sort(), [...(signatures['TLSv1.3'] ?? [])].sort()],
        [
          ['ecdsa_secp256r1_sha256', 'rsa_pkcs1_sha256', 'rsa_pkcs1_sha512', 'rsa_pss_rsae_sha256'],
          ['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256'],
        ],
      );
    });

    it('lists the names of ALPN, best first, with and without TLS 1.3', async () => {
      for (const version of [[], ['-tls1_3']]) {
        const { alpn } = await probed(await openssl('-alpn', 'http/1.1,h2', ...version), {
          checks: ['groups', 'alpn'],
        });
        assert.deepEqual(alpn, ['http/1.1', 'h2']);
      }
    });

    it('needs one connection for each suite and each group, and few besides', async () => {
      const server = await openssl(
        '-tls1_3',
        '-ciphersuites',
        'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384',
        '-groups',
        'X25519:P-256',
      );
      const { connections } = await probed(server, { checks: ['groups'] });
      // The first one finds out that there is no TLS 1.2, the second one the first suite.
      const [toMeet, suites, order, groups, tls11, tls1] = [2, 1 + 1, 1, 2 + 1, 1, 1];
      // The server does not say that it is the version: each of five lists is offered.
      const ssl3 = 5;
      // A server without SSL 2 cuts the connection: it is asked three times, and something else in between.
      const ssl2 = 4;
      assert.equal(connections, toMeet + suites + order + groups + tls11 + tls1 + ssl3 + ssl2);
    });
  });

  it('tells by SNI what a server of node:tls shows to clients without a name', async () => {
    const other = await kinds.authority.issue({ subject: 'CN=other' });
    const server = tls.createServer({ cert: other.cert, key: other.key });
    server.addContext('localhost', { cert: kinds.ec.cert, key: kinds.ec.key });
    server.on('tlsClientError', () => undefined).listen(0, LOOPBACK);
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const report = await probe({ host: 'localhost', port }, { checks: ['groups', 'certificates'] });
      assert.equal(report.features.needsServername, true);
      assert.equal(report.target.servername, 'localhost');
      assert.equal(report.certificates[0]?.chain[0]?.subject, 'CN=localhost');
    } finally {
      server.close();
    }
  });

  it('says that a server cannot be reached', async () => {
    const port = await freePort();
    await assert.rejects(probe({ host: LOOPBACK, port }), {
      code: 'ERR_SCHANNEL_PROBE_TARGET',
      phase: 'connect',
    });
  });

  it('says that a server does not speak TLS, and which protocol it speaks', async () => {
    const greeting = net.createServer((socket) =>
      socket.on('error', () => undefined).write('220 mail.example ESMTP\r\n'),
    );
    greeting.listen(0, LOOPBACK);
    await once(greeting, 'listening');
    try {
      const { port } = greeting.address() as AddressInfo;
      await assert.rejects(probe({ host: LOOPBACK, port }), {
        code: 'ERR_SCHANNEL_PROBE_NOT_TLS',
        reply: '220 mail.example ESMTP / ',
        advice: 'This is SMTP: add --starttls smtp.',
      });
    } finally {
      greeting.close();
    }
  });

  it('asks for TLS in another protocol first', async () => {
    const secure = tls.createServer({ cert: kinds.ec.cert, key: kinds.ec.key, minVersion: 'TLSv1.3' });
    secure.on('tlsClientError', () => undefined);
    const pop3 = net.createServer((socket) => {
      socket.on('error', () => undefined).write('+OK ready\r\n');
      socket.once('data', () => {
        socket.write('+OK\r\nSTLS\r\n.\r\n');
        socket.once('data', () => {
          socket.write('+OK begin\r\n');
          secure.emit('connection', socket);
        });
      });
    });
    pop3.listen(0, LOOPBACK);
    await once(pop3, 'listening');
    try {
      const { port } = pop3.address() as AddressInfo;
      const report = await probe({ host: LOOPBACK, port, starttls: 'pop3' }, { checks: [] });
      assert.deepEqual(
        [report.versions['TLSv1.3'].offered, report.versions['TLSv1.2'].offered],
        [true, false],
      );
      assert.equal(report.target.starttls, 'pop3');
    } finally {
      pop3.close();
    }
  });

  it('refuses wrong arguments before it connects', async () => {
    const target = { host: LOOPBACK, port: 1 };
    await assert.rejects(probe({ host: '', port: 1 }), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(probe({ host: LOOPBACK, port: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    await assert.rejects(probe(target, { parallel: 17 }), { code: 'ERR_OUT_OF_RANGE' });
    await assert.rejects(probe({ ...target, servername: 'ä' }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(probe({ ...target, starttls: 'gopher' as 'smtp' }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
    await assert.rejects(probe(target, { checks: ['everything' as 'alpn'] }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });
});
