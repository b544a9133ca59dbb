import assert from 'node:assert/strict';
import { Asker } from '#lib/apps/probe/asker.js';
import { Flight13Reading, OPENED_SUITES } from '#lib/apps/probe/flight-13.js';
import { helloOf } from '#lib/apps/probe/hellos.js';
import { flight13, type OpenedFlight } from '#lib/apps/probe/open-flight.js';
import { ownShare, SHARED_GROUPS } from '#lib/apps/probe/key-shares.js';
import { targetOf } from '#lib/apps/probe/target.js';
import { Visitor } from '#lib/apps/probe/visitor.js';
import { SYSTEM_CLOCK } from '#lib/base/async/clock.js';
import { GROUPS } from '#lib/formats/tls-wire/groups.js';
import { needsPeer, type Peer } from '../../../support/peers.js';
import { bothKinds, opensslServer } from '../../../support/probed-server.js';
import { helloAnswer, record } from '../../../support/server-flight.js';

const AES = 0x1301;

describe('apps/probe/flight-13', () => {
  describe('of OpenSSL', () => {
    let server: Peer;
    let asker: Asker;

    before(async function () {
      await needsPeer(this, 'openssl');
      const suites = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
      const ccm = 'TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256';
      server = await opensslServer(await bothKinds(), '-tls1_3', '-ciphersuites', `${suites}:${ccm}`);
      const { open } = targetOf({ host: '127.0.0.1', port: server.port }, 5000);
      const manners = { parallel: 1, pause: 0, timeout: 5000, connections: 100, totalTime: 60_000 };
      asker = new Asker(new Visitor(open, manners, SYSTEM_CLOCK, undefined), null);
    });

    after(() => server.stop());

    const isWhole = ({ flight, refusal }: OpenedFlight): void => {
      assert.equal(refusal, null);
      assert.deepEqual([flight?.certificates.length, flight?.scheme === null], [1, false]);
    };

    it('opens a flight with each suite', async () => {
      for (const suite of OPENED_SUITES)
        isWhole(await flight13(asker, { suites: [suite], group: GROUPS.x25519 }));
    });

    it('opens a flight in each group', async () => {
      for (const group of SHARED_GROUPS) isWhole(await flight13(asker, { suites: [AES], group }));
    });
  });

  describe('of a server that cannot be read', () => {
    const reading = (): Flight13Reading => {
      const share = ownShare(GROUPS.x25519) ?? assert.fail();
      const offer = { version: 0x0304, suites: [AES], servername: null, shares: [share] };
      return new Flight13Reading(helloOf(offer), share);
    };
    const peerShare = (): string => Buffer.from(ownShare(GROUPS.x25519)?.share ?? []).toString('hex');
    const answer = (share: string, group = '001d'): Uint8Array =>
      helloAnswer({
        version: 0x0303,
        suite: AES,
        extensions: [
          [43, '0304'],
          [51, `${group}0020${share}`],
        ],
      });

    it('keeps the hello and stops at a record that does not open', () => {
      const read = reading();
      assert.equal(read.push(answer(peerShare())), null);
      const outcome = read.push(record(23, new Uint8Array(40)));
      assert.equal(outcome?.end, 'answer');
      assert.deepEqual(read.flight?.certificates, []);
    });

    it('stops at a record shorter than its tag', () => {
      const read = reading();
      read.push(answer(peerShare()));
      assert.equal(read.push(record(23, new Uint8Array(3)))?.end, 'answer');
    });

    it('opens nothing with a share that is no point, or of another group', () => {
      for (const share of [answer('00'.repeat(32)), answer(peerShare(), '0017')]) {
        const read = reading();
        assert.equal(read.push(share)?.end, 'answer');
        assert.equal(read.flight, null);
      }
    });

    it('says what came instead of a hello', () => {
      assert.deepEqual(reading().push(Buffer.from('HTTP/1.1 400')), { end: 'not-tls', text: 'HTTP/1.1 400' });
      assert.deepEqual(reading().push(record(21, Uint8Array.of(2, 70))), { end: 'alert', alert: 70 });
      assert.deepEqual(reading().push(record(22, Uint8Array.of(2, 0, 0, 1, 3))), { end: 'garbled' });
    });
  });
});
