import assert from 'node:assert/strict';
import { FLIGHT_LIMIT } from '#lib/apps/probe/clear-reading.js';
import { probeBy, type ProbeOptions } from '#lib/apps/probe/probe.js';
import type { ProbeReport } from '#lib/apps/probe/report.js';
import type { ClientHello } from '#lib/formats/client-hello/client-hello.js';
import { joined, uint16, uint8, vector } from '#lib/formats/tls-wire/vectors.js';
import { TestAuthority } from '../../../support/certificates.js';
import { schemaFaults } from '../../../support/json-schema.js';
import { PROBE_SCHEMA } from '../../../support/probe-report.js';
import { idle, ScriptedClock } from '../../../support/scripted-clock.js';
import { ScriptedTls, type Behaviour, type Reply } from '../../../support/scripted-tls.js';
import { alertAnswer, handshake, helloAnswer, record } from '../../../support/server-flight.js';

const GCM = 0xc02f;
const CBC = 0xc013;
const STATIC = 0x003c;
const X25519 = 29;

const REFUSED = alertAnswer(40);
const NOT_THIS_VERSION = alertAnswer(70);
const DONE = record(22, handshake(14, new Uint8Array(0)));

/** A ServerKeyExchange of ECDHE, with a signature scheme. */
const keyExchange = (curve = X25519): Uint8Array =>
  record(
    22,
    handshake(
      12,
      joined([uint8(3), uint16(curve), vector(1, new Uint8Array(32)), uint16(0x0804), vector(2, uint8(0))]),
    ),
  );

describe('apps/probe/survey', () => {
  let certificate: Uint8Array;
  let flight: (hello: ClientHello, groups?: readonly number[]) => readonly Reply[];

  before(async () => {
    const { der } = await (await TestAuthority.create('CN=Scripted')).issue();
    certificate = record(22, handshake(11, vector(3, vector(3, der))));
    flight = ({ cipherSuites }, groups = [X25519]) => {
      const suite = [GCM, CBC, STATIC].find(
        (each) => cipherSuites.includes(each) && (each === STATIC || groups.includes(X25519)),
      );
      if (suite === undefined) return [REFUSED];
      const hello = helloAnswer({ version: 0x0303, suite, extensions: [[0xff01, '00']] });
      return [hello, certificate, ...(suite === STATIC ? [] : [keyExchange()]), DONE];
    };
  });

  /** Speaks TLS 1.2 only, and about each hello of it does what is given. */
  const tls12 =
    (
      behave: (hello: ClientHello, connection: number, groups: readonly number[]) => readonly Reply[],
    ): Behaviour =>
    (hello, connection, groups) => {
      if (hello === null) return 'cut';
      const isOurs = hello.versions.some((version) => version === 0x0303 || version > 0x0304);
      return isOurs ? behave(hello, connection, groups) : NOT_THIS_VERSION;
    };

  async function probed(server: ScriptedTls, options: ProbeOptions = {}): Promise<ProbeReport> {
    const clock = new ScriptedClock(Date.parse('2026-06-01'));
    const state = { isOver: false };
    const report = probeBy(clock, server.connect, options).finally(() => (state.isOver = true));
    report.catch(() => undefined);
    for (let step = 0; !state.isOver; step += 1) {
      assert.ok(step < 4000, 'it hangs');
      await clock.advance(100);
      server.drip();
    }
    const found = await report;
    assert.deepEqual(schemaFaults(JSON.parse(JSON.stringify(found)), PROBE_SCHEMA), []);
    await idle();
    assert.deepEqual([server.open, clock.timers], [0, 0]);
    assert.equal(found.connections, server.connections);
    assert.ok(server.most <= 4, `${server.most}`);
    return found;
  }

  const suites = ({ versions }: ProbeReport): string[] =>
    versions['TLSv1.2'].suites.map(({ openssl }) => `${openssl}`);

  it('finds what an honest server has', async () => {
    const report = await probed(new ScriptedTls(tls12((hello, _, groups) => flight(hello, groups))));
    assert.deepEqual(suites(report), [
      'ECDHE-RSA-AES128-GCM-SHA256',
      'ECDHE-RSA-AES128-SHA',
      'AES128-SHA256',
    ]);
    assert.deepEqual(report.groups.before, ['x25519']);
    assert.equal(report.certificates.length, 1);
    assert.deepEqual(report.unsure, []);
  });

  it('finds the same at a server that resets every third connection', async () => {
    const honest = await probed(new ScriptedTls(tls12((hello, _, groups) => flight(hello, groups))));
    const resetting = new ScriptedTls(
      tls12((hello, connection, groups) => (connection % 3 === 0 ? ['cut'] : flight(hello, groups))),
    );
    const report = await probed(resetting, { totalTime: 3_600_000 });
    assert.deepEqual(
      [report.versions, report.groups, report.certificates, report.alpn, report.unsure],
      [honest.versions, honest.groups, honest.certificates, honest.alpn, []],
    );
  });

  it('is unsure of certificates and curves if flights end after the ServerHello', async () => {
    for (const after of ['cut', 'silent'] as const) {
      const report = await probed(new ScriptedTls(tls12((hello) => [...flight(hello).slice(0, 1), after])), {
        totalTime: 3_600_000,
      });
      assert.deepEqual(suites(report).length, 3);
      assert.deepEqual([report.certificates, report.features.needsServername], [[], null]);
      assert.deepEqual(report.unsure, [
        'curves of TLSv1.2: the answer ended before the key exchange, or cannot be read.',
        'certificates: the answer ended before the certificate, or cannot be read.',
      ]);
    }
  });

  it('keeps few certificates of thousands, and is unsure of more than it reads', async () => {
    const many = (count: number): Reply[] => {
      const all = vector(3, ...Array.from({ length: count }, () => vector(3, uint8(0))));
      const message = handshake(11, all);
      return Array.from({ length: Math.ceil(message.length / 16384) }, (_, part) =>
        record(22, message.subarray(part * 16384, (part + 1) * 16384)),
      );
    };
    const withMany = (count: number): ScriptedTls =>
      new ScriptedTls(
        tls12((hello) => [...flight(hello).slice(0, 1), ...many(count), ...flight(hello).slice(2)]),
      );
    const report = await probed(withMany(4000), { checks: ['certificates'] });
    assert.equal(report.certificates[0]?.chain.length, 32);
    assert.equal(report.certificates[0].key, null);
    const beyond = await probed(withMany(FLIGHT_LIMIT / 4), { checks: ['certificates'] });
    assert.match(beyond.unsure.join(), /certificates: the answer ended before/);
  });

  it('reads a certificate with an empty name', async () => {
    const { der } = await (await TestAuthority.create('CN=Scripted')).issue({ subject: '' });
    const nameless = record(22, handshake(11, vector(3, vector(3, der))));
    const server = new ScriptedTls(tls12((hello) => [...flight(hello).slice(0, 1), nameless, DONE]));
    const { certificates } = await probed(server, { checks: ['certificates'] });
    assert.deepEqual([certificates[0]?.chain[0]?.subject, certificates[0]?.key], ['', 'EC prime256v1']);
  });

  const HOSTILE: Readonly<Record<string, readonly Reply[]>> = {
    silence: ['silent'],
    'a message of 16 MB': [Uint8Array.of(22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff)],
    'endless small messages': [
      record(22, joined(Array.from({ length: 4000 }, () => handshake(0, uint8(0))))),
    ],
    'a flood of warnings': [joined(Array.from({ length: 10_000 }, () => record(21, Uint8Array.of(1, 112))))],
    'empty records': [joined(Array.from({ length: 14_000 }, () => record(22, new Uint8Array(0))))],
    'a record longer than allowed': [Uint8Array.of(22, 3, 3, 0xff, 0xff)],
    'lengths that lie': [record(22, handshake(2, Uint8Array.of(3, 3, ...new Uint8Array(32), 255)))],
    'TLS 1.3 in the wrong field': [helloAnswer({ version: 0x0304, suite: 0x1301 })],
    'a suite that was not offered': [helloAnswer({ version: 0x0303, suite: 0x5a5a })],
    'encrypted data at once': [record(23, new Uint8Array(100)), 'silent'],
    'one byte in a tenth of a second': [{ slowly: record(22, new Uint8Array(16_384)) }],
    'half an alert': [record(21, uint8(2))],
  };

  for (const [what, replies] of Object.entries(HOSTILE)) {
    it(`ends, and is unsure, at a server that answers with ${what}`, async () => {
      const server = new ScriptedTls(() => replies);
      const report = await probed(server);
      assert.ok(report.unsure.length > 0);
      const { SSLv2: _ssl2, ...versions } = report.versions;
      assert.deepEqual(
        Object.values(versions).flatMap(({ offered, suites: found }) => [offered === true, found.length]),
        Object.values(versions).flatMap(() => [false, 0]),
      );
      assert.ok(server.connections < 60, `${server.connections}`);
    });
  }

  it('gives up a server that takes all suites at its limit of connections', async () => {
    const server = new ScriptedTls((hello) => {
      const [suite = 0] = hello?.cipherSuites ?? [];
      return hello === null ? 'cut' : helloAnswer({ version: hello.legacyVersion, suite });
    });
    const report = await probed(server, { maxConnections: 100 });
    assert.equal(report.connections, 100);
    assert.match(report.unsure.join(' '), /TLSv1\.2: the limit of connections was reached\./);
  });

  it('leaves a server alone that becomes silent', async () => {
    const server = new ScriptedTls(
      tls12((hello, connection) => (connection > 5 ? ['silent'] : flight(hello))),
    );
    const report = await probed(server, { totalTime: 3_600_000 });
    assert.match(report.unsure.join(' '), /the server no longer answers/);
    assert.ok(server.connections < 30, `${server.connections}`);
  });

  it('sees SSL 2, and servers that answer another version', async () => {
    const ssl2 = Uint8Array.of(0x80, 11, 4, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0);
    const server = new ScriptedTls((hello) => {
      if (hello === null || hello.format === 'ssl2') return ssl2;
      const suite = hello.cipherSuites.find((each) => each === CBC);
      return suite === undefined ? REFUSED : helloAnswer({ version: 0x0301, suite });
    });
    const { versions } = await probed(server, { checks: [] });
    assert.equal(versions.SSLv2.offered, true);
    assert.equal(versions.TLSv1.offered, true);
    assert.deepEqual(versions['TLSv1.2'], {
      offered: false,
      suites: [],
      order: null,
      refusal: { kind: 'other-version', text: 'answered with TLSv1' },
    });
  });

  it('sees which unusual hellos a server refuses', async () => {
    const server = new ScriptedTls(
      tls12((hello, _, groups) =>
        hello.legacyVersion > 0x0303 || groups.includes(0x1a1a) ? [REFUSED] : flight(hello, groups),
      ),
    );
    const { tolerance } = await probed(server, { checks: ['tolerance'] });
    assert.deepEqual(tolerance, { newerVersion: false, grease: false, mediumHello: true, longHello: true });
  });

  it('tests no sessions where whole handshakes fail', async () => {
    const report = await probed(new ScriptedTls(tls12((hello, _, groups) => flight(hello, groups))), {
      checks: ['sessions'],
      totalTime: 3_600_000,
    });
    assert.deepEqual(report.resumption, { sessionIds: null, tickets: null, tls13: null, earlyData: null });
    assert.equal(report.features.clientRenegotiation, null);
  });

  it('needs one connection for each suite and each list, and for each version that is refused', async () => {
    const server = new ScriptedTls(tls12((hello, _, groups) => flight(hello, groups)));
    await probed(server, { checks: [] });
    // Four suites or refusals in each of the lists that have some, and three rare lists; one for each other version.
    const [first, eliminations, rare, order, others, ssl2] = [1, 3 + 2, 3, 1 + 2, 4, 2];
    assert.ok(
      server.connections <= first + eliminations + rare + order + others + ssl2 + 2,
      `${server.connections}`,
    );
  });
});
