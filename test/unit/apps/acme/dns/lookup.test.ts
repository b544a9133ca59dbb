import assert from 'node:assert/strict';
import { dnsLookup, zoneOf } from '#lib/apps/acme/dns/lookup.js';
import { needsPeer, type Peer, startPeer } from '../../../../support/peers.js';

const CONFIG = `
options { directory "{dir}"; listen-on port {port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
  pid-file none; session-keyfile "{dir}/session.key"; dnssec-validation no; };
controls { };
zone "bar.example" { type primary; file "{dir}/bar"; };
`;

const BAR = `$TTL 60
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN NS ns
@ IN CAA 0 issue "ca.example; validationmethods=dns-01"
@ IN CAA 128 issuewild ";"
@ IN CAA 0 iodef "mailto:anna@bar.example"
ns IN A 127.0.0.1
ns IN AAAA ::1
www IN CNAME Other.Example.
text IN TXT "one" "two"
text IN TXT "three"
`;

describe('apps/acme/dns/lookup', () => {
  let bind: Peer | null = null;
  let port = 0;
  before(async function () {
    await needsPeer(this, 'named');
    bind = await startPeer('named', ['-g', '-c', '{file:named.conf}'], {
      files: { 'named.conf': CONFIG, bar: BAR },
    });
    ({ port } = bind);
    await bind.waitFor(/ running$/m);
  });
  after(() => bind?.stop());
  const lookup = (signal?: AbortSignal) => dnsLookup({ servers: [`127.0.0.1:${port}`], port, signal });

  it('reads the records that BIND has', async () => {
    const dns = lookup();
    assert.deepEqual([...(await dns.txt('text.bar.example'))].sort(), ['onetwo', 'three']);
    assert.equal(await dns.cname('www.bar.example'), 'other.example');
    assert.deepEqual(await dns.ns('bar.example'), ['ns.bar.example']);
    assert.deepEqual(
      [await dns.ipv4('ns.bar.example'), await dns.ipv6('ns.bar.example')],
      [['127.0.0.1'], ['::1']],
    );
    const properties = await dns.caa('bar.example');
    assert.deepEqual(
      [...properties].sort((one, other) => (one.tag < other.tag ? -1 : 1)),
      [
        { tag: 'iodef', value: 'mailto:anna@bar.example', isCritical: false },
        { tag: 'issue', value: 'ca.example; validationmethods=dns-01', isCritical: false },
        { tag: 'issuewild', value: ';', isCritical: true },
      ],
    );
  });

  it('finds nothing where there is nothing', async () => {
    const dns = lookup();
    assert.deepEqual([await dns.txt('bar.example'), await dns.txt('none.bar.example')], [[], []]);
    assert.equal(await dns.cname('text.bar.example'), null);
    assert.deepEqual(await dns.caa('ns.bar.example'), []);
  });

  it('finds the zone of a name, by the server that is asked directly, too', async () => {
    assert.equal(await zoneOf('_acme-challenge.a.text.bar.example', lookup()), 'bar.example');
    assert.equal(await zoneOf('bar.example', lookup().at('127.0.0.1')), 'bar.example');
  });

  it('says that a server refuses, and ends when it is told to', async () => {
    await assert.rejects(lookup().txt('foo.example'), { code: 'EREFUSED' });
    await assert.rejects(lookup(AbortSignal.abort()).txt('text.bar.example'), { name: 'AbortError' });
  });
});
