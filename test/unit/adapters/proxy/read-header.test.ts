import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { readProxyHeader, type ReadHeaderOptions } from '#lib/adapters/proxy/read-header.js';
import { encodeProxyHeader } from '#lib/formats/proxy-protocol/encode-header.js';

const FROM = ['127.0.0.1'];
const ADDRESSES = {
  source: { address: '192.0.2.1', port: 50_312 },
  destination: { address: '198.51.100.2', port: 443 },
};
const HEADERS = ([1, 2] as const).map((version) => encodeProxyHeader({ version, addresses: ADDRESSES }));

/** A connection over loopback: the client's end and the accepted one. */
async function pair(): Promise<{ client: net.Socket; accepted: net.Socket }> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  return { client, accepted };
}

async function said(socket: net.Socket, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    text += (socket.read() as Buffer | null)?.toString('latin1') ?? '';
    if (text.length < length) await once(socket, 'readable');
  }
  return text;
}

describe('adapters/proxy/read-header', () => {
  it('reads the header and leaves the rest', async () => {
    for (const header of HEADERS) {
      const { client, accepted } = await pair();
      client.write(Buffer.concat([header, Buffer.from('hello')]));
      const read = await readProxyHeader(accepted, { from: FROM });
      assert.deepEqual(read?.addresses, ADDRESSES);
      client.write(' there');
      assert.equal(await said(accepted, 11), 'hello there');
      await new Promise(setImmediate);
      assert.equal(accepted.listenerCount('error'), 0);
      client.destroy();
      accepted.destroy();
    }
  });

  it('waits for a header that comes in parts', async () => {
    for (const header of HEADERS) {
      for (let cut = 1; cut < header.length; cut += 1) {
        const { client, accepted } = await pair();
        const reading = readProxyHeader(accepted, { from: FROM });
        client.write(header.subarray(0, cut));
        await once(accepted, 'readable');
        client.end(Buffer.concat([header.subarray(cut), Buffer.from('x')]));
        assert.deepEqual((await reading)?.addresses, ADDRESSES);
        assert.equal(await said(accepted, 1), 'x');
        accepted.destroy();
      }
    }
  });

  it('reads nothing of a connection from elsewhere', async () => {
    const { client, accepted } = await pair();
    client.write('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');
    assert.equal(await readProxyHeader(accepted, { from: ['10.0.0.0/8', '::1'] }), null);
    assert.equal(await said(accepted, 36), 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');
    client.destroy();
    accepted.destroy();
  });

  const CASES: readonly [
    what: string,
    act: (client: net.Socket) => void,
    options: Partial<ReadHeaderOptions>,
    message: RegExp,
  ][] = [
    [
      'something else',
      (client) => client.write('GET / HTTP/1.1\r\n'),
      {},
      /does not begin with it, but with "GET/,
    ],
    [
      'a header that is cut',
      (client) => client.end(HEADERS[0]?.subarray(0, 20) ?? ''),
      {},
      /closed before it/,
    ],
    ['nothing', (client) => client.end(), {}, /closed before it/],
    ['silence', () => undefined, { timeout: 20 }, /did not come within 20 ms/],
    [
      'part of a header and silence',
      (client) => client.write(HEADERS[1]?.subarray(0, 20) ?? ''),
      { timeout: 20 },
      /did not come within 20 ms/,
    ],
    [
      'a header beyond the limit',
      (client) =>
        client.write(
          encodeProxyHeader({ version: 2, addresses: null, facts: { authority: 'a'.repeat(600) } }),
        ),
      {},
      /It has 619 bytes, more than the limit of 536/,
    ],
    ['a reset', (client) => client.resetAndDestroy(), {}, /broke before it/],
  ];
  for (const [what, act, options, message] of CASES) {
    it(`closes a connection with ${what}`, async () => {
      const { client, accepted } = await pair();
      client.on('error', () => undefined);
      act(client);
      await assert.rejects(readProxyHeader(accepted, { from: FROM, ...options }), {
        code: 'ERR_SCHANNEL_PEER_PROXY_HEADER',
        phase: 'connect',
        message,
      });
      assert.equal(accepted.destroyed, true);
      client.destroy();
    });
  }

  it('takes a longer header where it may be longer', async () => {
    const { client, accepted } = await pair();
    const certificate = Buffer.alloc(3000, 7);
    const tls = { hasCertificate: true, hasCertificateInSession: true, isVerified: true, certificate };
    client.write(encodeProxyHeader({ version: 2, addresses: ADDRESSES, facts: { tls } }));
    const read = await readProxyHeader(accepted, { from: FROM, limit: 16_384 });
    assert.deepEqual(read?.facts?.tls?.certificate, certificate);
    client.destroy();
    accepted.destroy();
  });

  it('ends with its signal', async () => {
    const { client, accepted } = await pair();
    const controller = new AbortController();
    const reading = readProxyHeader(accepted, { from: FROM, signal: controller.signal });
    controller.abort();
    await assert.rejects(reading, { name: 'AbortError' });
    assert.equal(accepted.destroyed, true);
    client.destroy();
  });

  it('refuses wrong arguments and leaves the socket alone', async () => {
    const { client, accepted } = await pair();
    for (const options of [
      { from: '127.0.0.1' },
      { from: ['localhost'] },
      { from: FROM, timeout: 0 },
      { from: FROM, limit: 535 },
      { from: FROM, limit: 65_552 },
    ] as unknown as ReadHeaderOptions[]) {
      await assert.rejects(readProxyHeader(accepted, options), (error: Error) => {
        assert.match(String(Reflect.get(error, 'code')), /^ERR_(INVALID_ARG|OUT_OF_RANGE)/);
        return true;
      });
    }
    assert.equal(accepted.destroyed, false);
    client.destroy();
    accepted.destroy();
  });
});
