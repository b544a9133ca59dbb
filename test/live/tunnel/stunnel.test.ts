import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { createTunnel, type ConnectionFacts, type Tunnel, type TunnelOptions } from 'schannel/tunnel';
import { deferred } from '#lib/base/async/deferred.js';
import { needsPeer, type Peer, startPeer } from '../../support/peers.js';
import { issueServer, localhostServer, serverRoot } from '../../support/schannel-server.js';

const LENGTH = 4 << 20;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('tunnels with stunnel at the other end', () => {
  before(async function () {
    await needsPeer(this, 'stunnel');
  });

  const ends: (() => unknown)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function stunnel(section: readonly string[], files: Readonly<Record<string, string>>): Promise<Peer> {
    const global = ['foreground = yes', 'pid =', 'debug = notice', '[peer]', 'accept = 127.0.0.1:{port}'];
    const peer = await startPeer('stunnel', ['{file:stunnel.conf}'], {
      files: { ...files, 'stunnel.conf': [...global, ...section, ''].join('\n') },
    });
    ends.push(() => peer.stop());
    await peer.waitFor(/Configuration successful/);
    return peer;
  }

  async function tunnel(options: TunnelOptions): Promise<Tunnel> {
    const made = createTunnel(options);
    ends.push(() => made.close({ drain: 0 }));
    await made.listen();
    return made;
  }

  /** A program behind a tunnel: when it has got everything, it sends its own, and ends when it is told to. */
  interface Program {
    readonly port: number;
    /** SHA-256 of what it got. */
    readonly heard: Promise<string>;
    end(): void;
  }

  async function program(down: Buffer): Promise<Program> {
    const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => server.close());
    const done = deferred();
    const heard = once(server, 'connection').then(async (taken) => {
      const [socket] = taken as [net.Socket];
      const hash = createHash('sha256');
      socket.on('data', (piece) => hash.update(piece));
      await once(socket, 'end');
      socket.write(down);
      void done.promise.then(() => socket.end());
      return hash.digest('hex');
    });
    return { port: (server.address() as net.AddressInfo).port, heard, end: done.resolve };
  }

  /**
   * 4 MiB there, then an end, then 4 MiB back. The program ends only when all has arrived: stunnel drops what it has
   * not passed on yet when a program has closed both ways ("Read socket closed (HUP)", seen in 5.68).
   *
   * @returns what the tunnel said of the connection
   */
  async function exchange(
    made: Tunnel,
    port: number,
    down: Buffer,
    behind: Program,
  ): Promise<ConnectionFacts> {
    const up = randomBytes(LENGTH);
    const closed = once(made, 'close');
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(up);
    const pieces: Buffer[] = [];
    let length = 0;
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length >= LENGTH) behind.end();
    });
    await once(socket, 'end');
    assert.equal(sha256(Buffer.concat(pieces)), sha256(down));
    assert.equal(await behind.heard, sha256(up));
    const [facts, error] = (await closed) as [ConnectionFacts, Error | null];
    assert.equal(error, null);
    return facts;
  }

  it('as a client: 4 MiB both ways, with the end of each side by itself', async () => {
    const down = randomBytes(LENGTH);
    const behind = await program(down);
    const { cert, key } = await localhostServer();
    const peer = await stunnel([`connect = 127.0.0.1:${behind.port}`, 'cert = {dir}/both.pem'], {
      'both.pem': `${key}\n${cert}`,
    });
    const made = await tunnel({
      ...{ mode: 'client', accept: 0, connect: `localhost:${peer.port}` },
      tls: { ca: (await serverRoot()).certificate.cert },
    });
    const facts = await exchange(made, made.port ?? 0, down, behind);
    assert.deepEqual([facts.bytesToTls, facts.bytesFromTls], [LENGTH, LENGTH]);
    assert.equal(facts.tls?.verified, true);
  });

  it('as a server: 4 MiB both ways, and the client is let in by its certificate', async () => {
    const down = randomBytes(LENGTH);
    const behind = await program(down);
    const { cert, key } = await localhostServer();
    const ca = (await serverRoot()).certificate.cert;
    const made = await tunnel({
      ...{ mode: 'server', accept: '127.0.0.1:0', connect: behind.port },
      tls: { cert, key, ca, requestCert: true },
      allow: { commonName: 'door' },
    });
    const door = await issueServer({ subject: 'CN=door', usages: ['clientAuth'] });
    const peer = await stunnel(
      [
        ...['client = yes', `connect = 127.0.0.1:${made.port ?? 0}`, 'cert = {dir}/both.pem'],
        ...['CAfile = {dir}/ca.pem', 'verifyChain = yes', 'checkHost = localhost', 'sni = localhost'],
      ],
      { 'both.pem': `${door.key}\n${door.cert}`, 'ca.pem': ca },
    );
    const facts = await exchange(made, peer.port, down, behind);
    assert.deepEqual([facts.bytesToTls, facts.bytesFromTls], [LENGTH, LENGTH]);
    assert.equal(facts.tls?.subject, 'CN=door');
    assert.equal(facts.tls.servername, 'localhost');
  });
});
