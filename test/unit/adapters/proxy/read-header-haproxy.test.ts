import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { createConnectThrough } from '#lib/adapters/proxy/connect-through.js';
import { readProxyHeader } from '#lib/adapters/proxy/read-header.js';
import { encodeProxyHeader } from '#lib/formats/proxy-protocol/encode-header.js';
import type { ProxyHeader } from '#lib/formats/proxy-protocol/header.js';
import { sharedRoot, type TestAuthority } from '../../../support/certificates.js';
import { needsPeer, type Peer, startPeer } from '../../../support/peers.js';
import type { NoTls } from '../../../support/through.js';
import { whenItListens } from '../../../support/when-it-listens.js';

/**
 * What comes to "in" must have a header, and goes on with one of version 1, or of version 2 if the header has this
 * name. What comes to "tls" goes on with all that HAProxy can say.
 */
const config = (port: number): string => `
global
  maxconn 100
defaults
  mode tcp
  timeout connect 60s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:{port:in} accept-proxy
  bind [::1]:{port:in} accept-proxy
  use_backend second if { fc_pp_authority a.example }
  default_backend first
frontend tls
  bind 127.0.0.1:{port:tls} ssl crt {file:server.pem} ca-file {file:ca.pem} verify optional alpn h2,http/1.1
  unique-id-format id-%Ts
  default_backend everything
backend first
  server back 127.0.0.1:${port} send-proxy
backend second
  server back 127.0.0.1:${port} send-proxy-v2 proxy-v2-options crc32c
backend everything
  server back 127.0.0.1:${port} send-proxy-v2-ssl-cn proxy-v2-options crc32c,authority,unique-id,ssl-cipher,cert-key,cert-sig
`;

const connectThrough = createConnectThrough<NoTls, net.Socket>(() => {
  throw new Error('nothing is secured here');
}, net.connect);

const ADDRESSES = {
  source: { address: '192.0.2.1', port: 50_312 },
  destination: { address: '198.51.100.2', port: 443 },
};
const V6 = {
  source: { address: '2001:db8::1', port: 1 },
  destination: { address: '2001:db8::2', port: 65_535 },
};

describe('adapters/proxy/read-header: with HAProxy', () => {
  let root: TestAuthority;
  let haproxy: Peer | null = null;
  let server: net.Server | null = null;
  /** What the server has read, and then of the connection. */
  const read: { readonly header: ProxyHeader | null; readonly text: string }[] = [];

  before(async function () {
    await needsPeer(this, 'haproxy');
    root = await sharedRoot();
    const { cert, key } = await root.issue();
    server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      void readProxyHeader(socket, { from: ['127.0.0.1'] }).then(async (header) => {
        const [chunk] = (await once(socket, 'data')) as [Buffer];
        read.push({ header, text: chunk.toString() });
        socket.end('done');
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const files = {
      'haproxy.cfg': config((server.address() as AddressInfo).port),
      'server.pem': `${cert}\n${key}`,
      'ca.pem': root.certificate.cert,
    };
    haproxy = await startPeer('haproxy', ['-db', '-f', '{file:haproxy.cfg}'], { files });
    for (const port of Object.values(haproxy.ports)) await whenItListens(haproxy, port);
  });
  beforeEach(() => read.splice(0));
  after(async () => {
    server?.close();
    await haproxy?.stop();
  });

  const portOf = (name: string): number => haproxy?.ports[name] ?? 0;

  /** Says hello and waits until the server has read it. */
  async function exchange(socket: net.Socket): Promise<void> {
    socket.end('hello');
    const answer = await socket.toArray();
    assert.equal(Buffer.concat(answer as Buffer[]).toString(), 'done');
  }

  for (const addresses of [ADDRESSES, V6]) {
    for (const version of [1, 2] as const) {
      it(`passes ${addresses.source.address} on, said in version ${version}`, async () => {
        const through = [{ protocol: 'proxy', version, addresses } as const];
        await exchange(await connectThrough({ host: '127.0.0.1', port: portOf('in'), through }));
        assert.deepEqual(read, [{ header: { version: 1, addresses }, text: 'hello' }]);
      });
    }
  }

  it('understands facts and a checksum of ours, and we its checksum', async () => {
    const facts = {
      alpn: 'h2',
      authority: 'a.example',
      uniqueId: Buffer.from('id'),
      tls: {
        version: 'TLSv1.3',
        hasCertificate: true,
        hasCertificateInSession: true,
        isVerified: true,
        commonName: 'Anna',
        certificate: Buffer.alloc(100),
      },
    };
    const socket = net.connect(portOf('in'), '127.0.0.1');
    socket.write(encodeProxyHeader({ version: 2, addresses: ADDRESSES, facts }, { checksum: true }));
    await exchange(socket);
    assert.deepEqual(read, [{ header: { version: 2, addresses: ADDRESSES }, text: 'hello' }]);
  });

  it('refuses a checksum that is wrong', async () => {
    const header = encodeProxyHeader({ version: 2, addresses: ADDRESSES }, { checksum: true });
    header[header.length - 1] = (header.at(-1) ?? 0) ^ 1;
    const socket = net.connect(portOf('in'), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(header);
    await new Promise((resolve) => socket.once('close', resolve).resume());
    assert.deepEqual(read, []);
  });

  it('says what it knows of a client with TLS', async () => {
    const { cert, key } = await root.issue({ subject: 'CN=Anna', usages: ['clientAuth'] });
    const socket = tls.connect({
      ...{ port: portOf('tls'), host: '127.0.0.1', servername: 'localhost' },
      ...{ ca: root.certificate.cert, cert, key, ALPNProtocols: ['h2'] },
    });
    await once(socket, 'secureConnect');
    const { localPort } = socket;
    await exchange(socket);
    const [{ header } = {}] = read;
    const { uniqueId, tls: said, ...facts } = header?.facts ?? {};
    assert.deepEqual(header?.addresses, {
      source: { address: '127.0.0.1', port: localPort },
      destination: { address: '127.0.0.1', port: portOf('tls') },
    });
    assert.deepEqual(facts, { alpn: 'h2', authority: 'localhost' });
    assert.match(Buffer.from(uniqueId ?? []).toString(), /^id-/);
    assert.deepEqual(
      { ...said, cipher: null, signatureAlgorithm: null, keyAlgorithm: null },
      {
        version: 'TLSv1.3',
        cipher: null,
        signatureAlgorithm: null,
        keyAlgorithm: null,
        hasCertificate: true,
        hasCertificateInSession: true,
        isVerified: true,
        commonName: 'Anna',
      },
    );
    assert.match(said?.cipher ?? '', /^TLS_AES/);
    assert.notEqual(said?.keyAlgorithm ?? '', '');
    assert.notEqual(said?.signatureAlgorithm ?? '', '');
  });

  it('says that a client has shown no certificate', async () => {
    const socket = tls.connect({
      port: portOf('tls'),
      host: '127.0.0.1',
      servername: 'localhost',
      ca: root.certificate.cert,
    });
    await once(socket, 'secureConnect');
    await exchange(socket);
    const { hasCertificate, isVerified } = read[0]?.header?.facts?.tls ?? {};
    assert.deepEqual([hasCertificate, isVerified], [false, false]);
  });
});
