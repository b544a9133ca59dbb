import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { dnsRecords } from '#lib/apps/acme/challenge/dns-records.js';
import { dnsLookup } from '#lib/apps/acme/dns/lookup.js';
import { dnsUpdate } from '#lib/apps/acme/dns/update.js';
import { pebbleAccount, solveOrder } from '../../../../support/acme-order.js';
import { startPebble } from '../../../../support/pebble.js';
import { needsPeer, startPeer } from '../../../../support/peers.js';

const SECRET = randomBytes(32).toString('base64');

/** Recursion follows a CNAME into the other zone. The key may change one name of one zone, and all of the other. */
const CONFIG = `
options { directory "{dir}"; listen-on port {port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion yes;
  pid-file none; session-keyfile "{dir}/session.key"; dnssec-validation no; };
controls { };
key "acme-key" { algorithm hmac-sha256; secret "${SECRET}"; };
zone "bar.example" { type primary; file "{dir}/bar"; update-policy { grant acme-key name _acme-challenge.bar.example. TXT; }; };
zone "dns.example" { type primary; file "{dir}/dns"; update-policy { grant acme-key zonesub TXT; }; };
`;

const zone = (records: string): string => `$TTL 60
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN NS ns
ns IN A 127.0.0.1
${records}
`;

describe('apps/acme/challenge/dns-records: with BIND and pebble', () => {
  before(async function () {
    await needsPeer(this, 'named');
    await needsPeer(this, 'pebble');
  });

  it('answers for two names and a wildcard, of which one is delegated, although nonces are refused', async () => {
    const bar = zone('_acme-challenge.www IN CNAME www.dns.example.\n* IN CNAME @');
    const bind = await startPeer('named', ['-g', '-c', '{file:named.conf}'], {
      files: { 'named.conf': CONFIG, bar, dns: zone('') },
    });
    await bind.waitFor(/ running$/m);
    const server = `127.0.0.1:${bind.port}`;
    const pebble = await startPebble({ dnsServer: server, refusedNonces: 20 });
    try {
      const provider = dnsUpdate({
        server: '127.0.0.1',
        port: bind.port,
        keyName: 'acme-key',
        secret: SECRET,
      });
      const solver = dnsRecords(
        provider,
        { servers: [server] },
        { lookupFor: (options) => dnsLookup({ ...options, port: bind.port }) },
      );
      const names = ['bar.example', '*.bar.example', 'www.bar.example'];
      const { order, log } = await solveOrder(await pebbleAccount(pebble), solver, names);
      assert.equal(order.status, 'ready');
      // Authorizations are in any order.
      assert.match(
        log.join('\n'),
        /^The records are shown by ns\.(bar|dns)\.example, ns\.(bar|dns)\.example\.$/m,
      );
      assert.ok(
        log.includes('_acme-challenge.www.bar.example leads to www.dns.example: the record is put there.'),
      );
      // Nothing is left, neither of the name nor of its wildcard.
      const lookup = dnsLookup({ servers: [server] });
      assert.deepEqual(await lookup.txt('_acme-challenge.bar.example'), []);
      assert.deepEqual(await lookup.txt('www.dns.example'), []);
    } finally {
      await pebble.stop();
      await bind.stop();
    }
  });
});
