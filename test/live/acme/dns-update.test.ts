import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import net, { type AddressInfo } from 'node:net';
import { dnsUpdate, type DnsUpdateOptions } from 'schannel/acme';
import { needsPeer, type Peer, startPeer } from '../../support/peers.js';
import { undoneAfter } from '../../support/undone-after.js';

const SECRET = randomBytes(32).toString('base64');

const CONFIG = `
options { directory "{dir}"; listen-on port {port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
  pid-file none; session-keyfile "{dir}/session.key"; dnssec-validation no; };
controls { };
key "acme-key" { algorithm hmac-sha256; secret "${SECRET}"; };
key "other-key" { algorithm hmac-sha256; secret "${SECRET}"; };
zone "bar.example" { type primary; file "{dir}/zone"; update-policy { grant acme-key name _acme-challenge.www.bar.example. TXT;
  grant acme-key name pc.bar.example. A AAAA; }; };
`;

const ZONE = `$TTL 60
@ IN SOA ns.bar.example. hostmaster.bar.example. 1 3600 600 86400 60
@ IN NS ns.bar.example.
ns IN A 127.0.0.1
`;

const NAME = '_acme-challenge.www.bar.example';

describe('records changed by DNS UPDATE, with BIND', function () {
  let bind: Peer;
  const undo = undoneAfter();
  before(async function () {
    await needsPeer(this, 'named');
    bind = await startPeer('named', ['-g', '-c', '{file:named.conf}'], {
      files: { 'named.conf': CONFIG, zone: ZONE },
    });
    undo(() => bind.stop());
    await bind.waitFor(/ running$/m);
  });

  const provider = (more: Partial<DnsUpdateOptions> = {}) =>
    dnsUpdate({ server: '127.0.0.1', port: bind.port, keyName: 'acme-key', secret: SECRET, ...more });

  const resolver = (): Resolver => {
    const own = new Resolver();
    own.setServers([`127.0.0.1:${bind.port}`]);
    return own;
  };

  /** Nothing, if there is no such name or no such record. */
  const orNone = <Found>(asked: Promise<Found[]>): Promise<Found[]> =>
    asked.catch((error: unknown) => {
      if (/^(ENODATA|ENOTFOUND)$/.test(String((error as NodeJS.ErrnoException).code))) return [];
      throw error;
    });

  const values = async (): Promise<string[]> =>
    (await orNone(resolver().resolveTxt(NAME))).map((strings) => strings.join('')).sort();

  const record = (value: string) => ({ name: NAME, value, ttl: 60 });

  it('adds values beside others, and removes exactly one', async () => {
    const dns = provider();
    const one = await dns.add(record('one'));
    const two = await dns.add(record('t'.repeat(300)));
    assert.deepEqual(await values(), ['one', 't'.repeat(300)]);
    assert.deepEqual(JSON.parse(JSON.stringify(one)), { name: NAME, value: 'one', zone: 'bar.example' });
    await dns.remove(one);
    // A second time, it is gone already.
    await dns.remove(one);
    assert.deepEqual(await values(), ['t'.repeat(300)]);
    await dns.remove(two);
    assert.deepEqual(await values(), []);
  });

  it('removes a value whose handle was lost', async () => {
    const dns = provider();
    await dns.add(record('one'));
    await dns.add(record('two'));
    await dns.removeValue({ name: NAME, value: 'one' });
    assert.deepEqual(await values(), ['two']);
    await dns.removeValue({ name: NAME, value: 'two' });
    assert.deepEqual(await values(), []);
  });

  it('gives a host one address of a type, and takes them away', async () => {
    const dns = provider();
    const host = { name: 'pc.bar.example', ttl: 60 };
    const addresses = async () => [
      ...(await orNone(resolver().resolve4(host.name))),
      ...(await orNone(resolver().resolve6(host.name))),
    ];
    await dns.setAddress?.({ ...host, address: '10.0.0.1' });
    await dns.setAddress?.({ ...host, address: 'fd00::1' });
    await dns.setAddress?.({ ...host, address: '10.0.0.2' });
    assert.deepEqual(await addresses(), ['10.0.0.2', 'fd00::1']);
    await dns.setAddress?.({ ...host, address: null });
    assert.deepEqual(await addresses(), []);
  });

  for (const [what, more, code, message] of [
    ['a name that the key may not change', { keyName: 'other-key' }, 'REFUSED', /REFUSED/],
    ['a key that it does not know', { keyName: 'unknown' }, 'REFUSED', /BADKEY/],
    ['another secret', { secret: 'AAAA' }, 'REFUSED', /BADSIG/],
    ['a zone that it does not have', { zone: 'foo.example' }, 'REFUSED', /NOTAUTH/],
  ] as const) {
    it(`says why the server refused: ${what}`, async () => {
      await assert.rejects(provider(more).add(record('x')), { code: `ERR_SCHANNEL_DNS_${code}`, message });
      assert.deepEqual(await values(), []);
    });
  }

  it('says that there is no zone, and no server', async () => {
    await assert.rejects(provider().add({ name: 'a.foo.example', value: 'x', ttl: 60 }), {
      code: 'ERR_SCHANNEL_DNS_ZONE',
    });
    const { port, server } = await listening(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(provider({ port }).add(record('x')), { code: 'ERR_SCHANNEL_DNS_CONNECTION' });
  });

  for (const [what, answer, code] of [
    ['hangs up', (socket: net.Socket) => socket.destroy(), 'CONNECTION'],
    ['answers something else', (socket: net.Socket) => socket.end('\0\x0cabcdefghijkl'), 'ANSWER'],
  ] as const) {
    it(`says that the server ${what}`, async () => {
      const { port, server } = await listening(answer);
      try {
        await assert.rejects(provider({ port, zone: 'bar.example' }).add(record('x')), {
          code: `ERR_SCHANNEL_DNS_${code}`,
        });
      } finally {
        server.close();
      }
    });
  }

  /** A server that gets something, and answers in its own way. */
  async function listening(
    answer: (socket: net.Socket) => void,
  ): Promise<{ readonly port: number; readonly server: net.Server }> {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        answer(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, server };
  }

  it('ends when it is told to', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(provider().add(record('x'), { signal }), { name: 'AbortError' });
  });

  it('checks its options', () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ server: '' }, 'ERR_INVALID_ARG_TYPE'],
      [{ port: 0 }, 'ERR_OUT_OF_RANGE'],
      [{ secret: 'ü' }, 'ERR_INVALID_ARG_VALUE'],
      [{ keyName: 'a b' }, 'ERR_INVALID_ARG_VALUE'],
      [{ algorithm: 'hmac-md5' }, 'ERR_INVALID_ARG_VALUE'],
    ];
    for (const [more, code] of wrong) assert.throws(() => provider(more), { code });
  });
});
