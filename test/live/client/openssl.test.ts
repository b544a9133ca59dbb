import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'schannel';
import { sharedRoot, type TestCertificate } from '../../support/certificates.js';
import { octets } from '../../support/octets.js';
import { failureOf } from '../../support/outcome.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';
import { localhostIdentity, type Identity } from '../../support/tls-server.js';
import { needsVersion } from '../../support/windows.js';

describe('OpenSSL s_server', () => {
  let identity: Identity;
  let peer: Peer | null = null;
  before(async function () {
    await needsPeer(this, 'openssl');
    identity = await localhostIdentity();
  });
  afterEach(async () => {
    await peer?.stop();
    peer = null;
  });

  /** A server that prints what it receives, and says what the test writes to its input. */
  const serve = (...args: string[]): Promise<Peer> => serveAs(identity.certificate, ...args);

  async function serveAs({ cert, key }: TestCertificate, ...args: string[]): Promise<Peer> {
    peer = await startPeer(
      'openssl',
      ['s_server', '-port', '{port}', '-cert', '{file:cert}', '-key', '{file:key}', ...args],
      { files: { cert, key, ca: identity.ca } },
    );
    await peer.waitFor(/ACCEPT/);
    return peer;
  }
  const open = (port: number, options: ConnectionOptions = {}): TLSSocket =>
    connect({ port, host: '127.0.0.1', servername: 'localhost', ca: identity.ca, ...options });

  for (const [flag, version] of [
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ] as const) {
    it(`${version}: both sides see the same connection`, async function () {
      needsVersion(this, version);
      // With a second name, it prints the one that was requested.
      const named = ['-servername', 'other.test', '-cert2', '{file:cert}', '-key2', '{file:key}'];
      const server = await serve(flag, '-alpn', 'h2,smtp', ...named);
      const socket = open(server.port, { ALPNProtocols: ['smtp'] });
      await once(socket, 'secureConnect');
      assert.equal(socket.getProtocol(), version);
      assert.equal(socket.authorized, true);
      assert.equal(socket.alpnProtocol, 'smtp');
      const [, suite] = await server.waitFor(/CIPHER is (\S+)/);
      if (version === 'TLSv1.3') assert.equal(socket.getCipher()?.name, suite);
      await server.waitFor(/Hostname in TLS extension: "localhost"/);

      socket.write('from the client\n');
      await server.waitFor(/from the client/);
      const heard = once(socket, 'data');
      server.stdin.write('from the server\n');
      assert.equal(String((await heard)[0]), 'from the server\n');

      const closed = once(socket, 'close');
      socket.resume().end();
      await server.waitFor(/DONE/);
      await closed;
    });

    it(`${version}: its own page, up to close_notify`, async function () {
      needsVersion(this, version);
      const server = await serve(flag, '-www');
      const socket = open(server.port);
      socket.write('GET / HTTP/1.0\r\n\r\n');
      const page = String(Buffer.concat((await socket.toArray()) as Buffer[]));
      assert.match(page, /^HTTP\/1\.0 200 ok/);
      assert.match(page, new RegExp(`Protocol +: ${version}`));
    });

    it(`${version}: a line comes back in reverse`, async function () {
      needsVersion(this, version);
      const server = await serve(flag, '-rev');
      const socket = open(server.port);
      const line = octets(4000).toString('hex');
      socket.write(`${line}\n`);
      let text = '';
      socket.setEncoding('latin1');
      for await (const chunk of socket as AsyncIterable<string>) {
        text += chunk;
        if (text.endsWith('\n')) break;
      }
      assert.ok(text.trimEnd() === Buffer.from(line).reverse().toString(), text.slice(0, 100));
    });
  }

  for (const [flag, version] of [
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ] as const) {
    it(`${version}: gets a close_notify at the end`, async function () {
      needsVersion(this, version);
      const server = await serve(flag, '-msg');
      const socket = open(server.port);
      await once(socket, 'secureConnect');
      socket.resume().end();
      await server.waitFor(/<<< [^\n]*Alert[^\n]*warning close_notify/);
    });
  }

  it('asks for another group first (HelloRetryRequest)', async function () {
    needsVersion(this, 'TLSv1.3');
    const server = await serve('-tls1_3', '-groups', 'P-521:P-384');
    const socket = open(server.port);
    await once(socket, 'secureConnect');
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    socket.destroy();
  });

  it('updates the keys of TLS 1.3, and data goes on', async function () {
    needsVersion(this, 'TLSv1.3');
    const server = await serve('-tls1_3', '-msg');
    const socket = open(server.port);
    await once(socket, 'secureConnect');
    // K asks for an update in return.
    for (const [index, command] of ['k', 'K'].entries()) {
      server.stdin.write(`${command}\n`);
      await server.waitFor(new RegExp(`(>>> .*KeyUpdate[^]*){${index + 1}}`));
      const heard = once(socket, 'data');
      server.stdin.write(`behind ${command}\n`);
      assert.match(String((await heard)[0]), new RegExp(`behind ${command}`));
      socket.write(`answer to ${command}\n`);
      await server.waitFor(new RegExp(`answer to ${command}`));
    }
    socket.destroy();
  });

  it('TLS 1.2: insists on a certificate of the client', async () => {
    const server = await serve('-tls1_2', '-Verify', '1', '-verify_return_error', '-CAfile', '{file:ca}');
    const error = await failureOf(open(server.port));
    assert.match(error.code ?? '', /^ERR_SCHANNEL_PEER_(ALERT|CLIENT_CERTIFICATE_REQUIRED)$/);
    assert.equal((error as { alert?: { name: string } }).alert?.name, 'handshake_failure');
  });

  it('has Diffie-Hellman parameters below minDHSize', async () => {
    const rsa = await localhostServer();
    const ca = (await serverRoot()).certificate.cert;
    const server = await serveAs(rsa, '-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384');
    const socket = open(server.port, { ca });
    await once(socket, 'secureConnect');
    assert.equal(socket.getEphemeralKeyInfo()?.type, 'DH');
    socket.destroy();
    const error = await failureOf(open(server.port, { ca, minDHSize: 4096 }));
    assert.equal(error.code, 'ERR_TLS_DH_PARAM_SIZE');
    assert.equal((error as { alert?: { name: string } }).alert?.name, 'insufficient_security');
  });

  it('has no version in common', async function () {
    needsVersion(this, 'TLSv1.3');
    const server = await serve('-tls1_2');
    const error = await failureOf(open(server.port, { minVersion: 'TLSv1.3' }));
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
  });

  for (const [flag, version] of [
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ] as const) {
    it(`${version}: spreads its messages over records`, async function () {
      needsVersion(this, version);
      const names = Array.from({ length: 100 }, (_, index) => `DNS:name${index}.example`);
      const root = await sharedRoot();
      const server = await serveAs(
        await root.issue({ altNames: ['DNS:localhost', ...names] }),
        ...[flag, '-max_send_frag', '512'],
      );
      const socket = open(server.port);
      await once(socket, 'secureConnect');
      assert.equal(socket.getProtocol(), version);
      socket.destroy();
    });
  }

  it('sends records of all sizes, padded', async function () {
    needsVersion(this, 'TLSv1.3');
    const server = await serve('-tls1_3', '-record_padding', '500', '-max_send_frag', '600');
    const socket = open(server.port);
    await once(socket, 'secureConnect');
    const line = `${octets(5000).toString('hex')}\n`;
    server.stdin.write(line);
    let text = '';
    socket.setEncoding('latin1');
    for await (const chunk of socket as AsyncIterable<string>) {
      text += chunk;
      if (text.endsWith('\n')) break;
    }
    assert.ok(text === line, text.slice(0, 100));
  });
});
