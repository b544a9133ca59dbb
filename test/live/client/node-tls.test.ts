import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { connect, createSecureContext, TLSSocket, type ConnectionOptions } from 'schannel';
import type * as Schannel from 'schannel';
import { resetDefaultAuthorities } from '#lib/tls/secure-context/default-authorities.js';
import { runFixture } from '../../support/child.js';
import {
  linkedPair,
  localhostServer,
  SchannelServer,
  serverRoot,
  textOf,
} from '../../support/schannel-server.js';
import { needsVersion } from '../../support/windows.js';

/** The module object itself, whose properties programs set. */
const schannel = createRequire(__filename)('schannel') as {
  -readonly [Name in keyof typeof Schannel]: (typeof Schannel)[Name];
};

/** A client of ours that is secure. */
async function opened(server: SchannelServer, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port: server.port, host: 'localhost', ca: server.ca, ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  return socket;
}

describe('what node:tls exports beside its classes', () => {
  it('is there under the same names', () => {
    for (const name of Object.keys(tls)) assert.ok(name in schannel, name);
  });

  it("is Node's own where no TLS engine is asked", () => {
    assert.equal(schannel.checkServerIdentity, tls.checkServerIdentity);
    assert.equal(schannel.rootCertificates, tls.rootCertificates);
    assert.equal(schannel.CLIENT_RENEG_LIMIT, tls.CLIENT_RENEG_LIMIT);
    assert.equal(schannel.CLIENT_RENEG_WINDOW, tls.CLIENT_RENEG_WINDOW);
    assert.equal(schannel.DEFAULT_ECDH_CURVE, tls.DEFAULT_ECDH_CURVE);
  });

  it('getCiphers names what Windows may negotiate', () => {
    const names = schannel.getCiphers();
    assert.ok(names.includes('tls_aes_256_gcm_sha384') && names.includes('ecdhe-rsa-aes128-gcm-sha256'));
    assert.ok(names.every((name) => tls.getCiphers().includes(name) || name === 'des-cbc3-sha'));
    assert.deepEqual(schannel.getCertificateCompressionAlgorithms(), []);
  });

  it('convertALPNProtocols writes the wire format, and copies bytes', () => {
    const out: { ALPNProtocols?: Buffer } = {};
    schannel.convertALPNProtocols(['h2', 'http/1.1'], out);
    assert.equal(out.ALPNProtocols?.toString('latin1'), '\x02h2\x08http/1.1');
    const bytes = Buffer.from('\x02h2');
    schannel.convertALPNProtocols(bytes, out);
    bytes.fill(0);
    assert.deepEqual(out.ALPNProtocols, Buffer.from('\x02h2'));
  });

  it('createSecurePair makes both sides of a connection, and warns', async () => {
    const warned = once(process, 'warning') as Promise<[{ code: string }]>;
    const server = schannel.createSecurePair(createSecureContext(await localhostServer()), true);
    const client = schannel.createSecurePair(null, false, true, true, {
      ca: (await serverRoot()).certificate.cert,
      servername: 'localhost',
    });
    client.encrypted.pipe(server.encrypted).pipe(client.encrypted);
    const secure = Promise.all([once(client, 'secure'), once(server, 'secure')]);
    client.cleartext.end('to the server');
    server.cleartext.end('to the client');
    assert.equal(await textOf(server.cleartext), 'to the server');
    assert.equal(await textOf(client.cleartext), 'to the client');
    await secure;
    assert.equal((await warned)[0].code, 'DEP0064');
    client.destroy();
    assert.equal(client.encrypted.destroyed, true);
    assert.throws(() => schannel.createSecurePair({} as never), { code: 'ERR_TLS_INVALID_CONTEXT' });
  });

  for (const [name, bound, version] of [
    ['DEFAULT_MAX_VERSION', 'max', 'TLSv1.2'],
    ['DEFAULT_MIN_VERSION', 'min', 'TLSv1.3'],
  ] as const) {
    it(`${name} counts, set here or on node:tls`, () => {
      for (const module of [schannel, tls] as Record<typeof name, string>[]) {
        const before = module[name];
        module[name] = version;
        try {
          assert.equal(createSecureContext().protocols[bound], version);
        } finally {
          module[name] = before;
        }
        assert.equal(createSecureContext().protocols[bound], before);
      }
    });
  }

  it('DEFAULT_CIPHERS counts, and goes through createSecureContext', () => {
    const { DEFAULT_CIPHERS, createSecureContext: original } = schannel;
    const seen: unknown[] = [];
    schannel.createSecureContext = (options) => {
      seen.push(options?.ciphers);
      return original(options);
    };
    schannel.DEFAULT_CIPHERS = 'AES128-SHA';
    try {
      connect({ port: 1 })
        .on('error', () => undefined)
        .destroy();
      assert.deepEqual(seen, ['AES128-SHA']);
      assert.deepEqual([...(createSecureContext().ciphers ?? [])], ['AES128-SHA']);
    } finally {
      Object.assign(schannel, { DEFAULT_CIPHERS, createSecureContext: original });
    }
  });

  it('setDefaultCACertificates replaces what is trusted without ca', async () => {
    const server = await SchannelServer.start();
    schannel.setDefaultCACertificates([server.ca]);
    try {
      const socket = await opened(server, { ca: undefined });
      assert.equal(socket.authorized, true);
      assert.deepEqual(schannel.getCACertificates(), [new X509Certificate(server.ca).toString()]);
      socket.destroy();
      schannel.setDefaultCACertificates([]);
      await assert.rejects(opened(server, { ca: undefined }), { code: /UNABLE|SELF_SIGNED/ });
    } finally {
      // Node has no way back either; what Windows trusts is no list.
      resetDefaultAuthorities();
      await server.close();
    }
  });
});

describe('a client as in node:tls', () => {
  let server: SchannelServer;
  before(async () => {
    server = await SchannelServer.start();
  });
  after(() => server.close());

  it("tells sessions of TLS 1.2 apart, with the event 'session'", async () => {
    const told: Buffer[] = [];
    for (let count = 0; count < 2; count++) {
      const socket = connect({
        port: server.port,
        host: 'localhost',
        ca: server.ca,
        maxVersion: 'TLSv1.2',
      });
      assert.equal(socket.getSession(), undefined);
      const session = await new Promise<Buffer>((resolve, reject) => {
        socket.once('session', resolve).once('error', reject);
      });
      assert.deepEqual(socket.getSession(), session);
      assert.doesNotThrow(() => socket.setSession(session));
      told.push(session);
      socket.destroy();
    }
    assert.notDeepEqual(told[0], told[1]);
  });

  it('warns once where the process verifies nobody', async () => {
    const { stdout } = await runFixture('unverified');
    assert.match(stdout.trim(), /^Setting the NODE_TLS_REJECT_UNAUTHORIZED .* insecure.*$/);
  });

  it('asks for another name by setServername', async () => {
    const socket = connect({ port: server.port, host: 'localhost', ca: server.ca });
    socket.setServername('other.example');
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    assert.equal(socket.servername, 'other.example');
    assert.equal(socket.authorized, true);
    assert.throws(() => socket.setServername(7 as never), { code: 'ERR_INVALID_ARG_TYPE' });
    socket.destroy();
    const serving = new TLSSocket(new Duplex({ read: () => undefined }), { isServer: true });
    assert.throws(() => serving.setServername('localhost'), { code: 'ERR_TLS_SNI_FROM_SERVER' });
    serving.destroy();
  });

  it('begins no renegotiation under TLS 1.3, nor where Windows begins none', async function () {
    needsVersion(this, 'TLSv1.3');
    const socket = await opened(server);
    const refused = await new Promise<Error | null>((resolve) => {
      assert.equal(socket.renegotiate({}, resolve), false);
    });
    assert.equal((refused as NodeJS.ErrnoException).code, 'ERR_TLS_RENEGOTIATE');
    socket.disableRenegotiation();
    const disabled = await new Promise<Error | null>((resolve) => socket.renegotiate({}, resolve));
    assert.equal((disabled as NodeJS.ErrnoException).code, 'ERR_TLS_RENEGOTIATION_DISABLED');
    assert.throws(() => socket.renegotiate(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => socket.renegotiate({}, null as never), { code: 'ERR_INVALID_ARG_TYPE' });
    socket.destroy();
  });

  it('refuses a suite that ciphers does not list', async () => {
    const first = await opened(server, { maxVersion: 'TLSv1.2' });
    const name = first.getCipher()?.name ?? '';
    first.destroy();
    const allowed = await opened(server, { maxVersion: 'TLSv1.2', ciphers: `AES128-SHA:${name}` });
    assert.equal(allowed.getCipher()?.name, name);
    allowed.destroy();
    await assert.rejects(opened(server, { maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256' }), {
      code: 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
      message: new RegExp(name),
    });
  });

  it('a socket made by hand says nothing before it is written to, and ends its stream when it is ended', async () => {
    const [near, far] = linkedPair();
    const socket = new TLSSocket(near);
    socket.end();
    assert.equal(await textOf(far), '');
    socket.destroy();
  });

  it('a write that was waiting when the connection closed is ECANCELED, with the reason', async () => {
    const [near, far] = linkedPair();
    const socket = new TLSSocket(near);
    const reason = new Error('enough');
    const written = new Promise<NodeJS.ErrnoException>((resolve) => {
      socket
        .once('error', () => undefined)
        .write('never', (error) => resolve(error as NodeJS.ErrnoException));
    });
    socket.destroy(reason);
    const error = await written;
    assert.deepEqual([error.code, error.cause], ['ECANCELED', reason]);
    far.destroy();
  });

  it('is half open only where the stream underneath is', () => {
    const half = (transport: Duplex | undefined, allowHalfOpen: boolean): boolean => {
      const socket = new TLSSocket(transport, { allowHalfOpen });
      socket.destroy();
      return socket.allowHalfOpen;
    };
    assert.equal(half(new net.Socket(), true), false);
    assert.equal(half(new Duplex({ allowHalfOpen: false, read: () => undefined }), true), false);
    assert.equal(half(undefined, true), true);
    assert.equal(half(undefined, false), false);
  });
});
