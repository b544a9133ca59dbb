import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { startTls } from 'schannel/starttls';
import { sharedRoot, type TestCertificate } from '../../support/certificates.js';
import { scriptedServer, type Exchange } from '../../support/mail-script.js';

const WILLING: readonly Exchange[] = [
  [null, '220 mail.test ESMTP\r\n'],
  ['EHLO client.test', '250-mail.test\r\n250 STARTTLS\r\n'],
  ['STARTTLS', '220 go ahead\r\n'],
];

describe('startTls by Schannel', () => {
  let certificate: TestCertificate;
  let options: { protocol: 'smtp'; name: string; servername: string; ca: string };
  before(async () => {
    const root = await sharedRoot();
    certificate = await root.issue();
    options = { protocol: 'smtp', name: 'client.test', servername: 'localhost', ca: root.certificate.cert };
  });

  /** A server that follows the script and then speaks TLS. */
  const willing = (): { near: Duplex; server: Promise<tls.TLSSocket> } => {
    const { near, far, done } = scriptedServer(WILLING);
    return { near, server: done.then(() => serverSide(far)) };
  };
  const serverSide = (stream: Duplex): tls.TLSSocket => {
    const { key, cert } = certificate;
    const secured = new tls.TLSSocket(stream, { isServer: true, key, cert });
    secured.on('error', () => undefined);
    return secured;
  };

  it('secures a stream in memory', async () => {
    const { near, server } = willing();
    const socket = await startTls(near, options);
    assert.equal(socket.authorized, true);
    assert.match(socket.getProtocol() ?? '', /^TLSv1\.[23]$/);
    socket.write('EHLO again\r\n');
    assert.equal(String((await once(await server, 'data'))[0]), 'EHLO again\r\n');
    socket.destroy();
  });

  it('secures a TCP connection that is still being made', async () => {
    const server = net.createServer((plain) => {
      plain.write('220 mail.test\r\n');
      const lines: string[] = [];
      const onData = (chunk: Buffer): void => {
        lines.push(chunk.toString());
        if (lines.length === 1) {
          plain.write('250-mail.test\r\n250 STARTTLS\r\n');
          return;
        }
        plain.removeListener('data', onData);
        plain.write('220 go\r\n');
        const secured = serverSide(plain);
        secured.once('secure', () => secured.end('hello'));
      };
      plain.on('data', onData);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = await startTls(net.connect((server.address() as AddressInfo).port, '127.0.0.1'), options);
    assert.equal(String(Buffer.concat(await socket.toArray())), 'hello');
    server.close();
  });

  it('keeps what the server says right behind its handshake', async () => {
    const { near, server } = willing();
    const welcoming = server.then((secured) =>
      secured.once('secure', () => secured.write('220 welcome under TLS\r\n')),
    );
    const socket = await startTls(near, options);
    await welcoming;
    assert.equal(String((await once(socket, 'data'))[0]), '220 welcome under TLS\r\n');
    socket.destroy();
  });

  it('keeps clear text out that comes behind the go-ahead, in its packet or later', async () => {
    const injected = '250 injected\r\n';
    const together = scriptedServer([...WILLING.slice(0, 2), ['STARTTLS', `220 go\r\n${injected}`]]);
    await assert.rejects(startTls(together.near, options), { code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION' });

    const later = scriptedServer(WILLING);
    const upgrading = startTls(later.near, options);
    await later.done;
    if (later.far.readableLength === 0) await once(later.far, 'readable'); // until the client's hello is there
    later.far.write(injected);
    await assert.rejects(upgrading, { name: 'SchannelError', code: 'ERR_SCHANNEL_PEER_NOT_TLS' });
  });

  it('refuses a server nobody vouches for, and closes the stream', async () => {
    const { near } = willing();
    const { ca: _, ...trustingWindows } = options;
    await assert.rejects(startTls(near, trustingWindows), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      phase: 'verify',
    });
    assert.equal(near.destroyed, true);
  });

  it('ends with the signal during the handshake', async () => {
    const { near, far } = scriptedServer(WILLING);
    const controller = new AbortController();
    const upgrading = startTls(near, { ...options, signal: controller.signal });
    far.once('readable', () => controller.abort());
    await assert.rejects(upgrading, { name: 'AbortError', code: 'ABORT_ERR' });
    assert.equal(near.destroyed, true);
  });

  it('has a time limit for the handshake', async () => {
    const { near } = scriptedServer(WILLING);
    await assert.rejects(startTls(near, { ...options, handshakeTimeout: 50 }), /handshake/i);
  });

  it('refuses options that Schannel cannot honour', async () => {
    const unsupported = { ...options, ciphers: 'HIGH:!aNULL' } as typeof options;
    const upgrading = startTls(scriptedServer(WILLING).near, unsupported);
    await assert.rejects(upgrading, { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED' });
  });
});
