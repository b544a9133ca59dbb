import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls, { type DetailedPeerCertificate } from 'node:tls';
import { TLSSocket, connect, createSecureContext, type ConnectionOptions } from 'schannel';
import { pinOf } from '#lib/windows/trust/pins.js';
import { TestAuthority, daysFromNow, selfSigned } from '../../support/certificates.js';
import { failureOf } from '../../support/outcome.js';
import { localhostIdentity, memoryServer, startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { needsVersion } from '../../support/windows.js';

describe('trust in the server', () => {
  let ca: string;
  before(async () => {
    ({ ca } = await localhostIdentity());
  });

  /** A client of a server in memory. */
  async function client(
    options: ConnectionOptions,
    server: Parameters<typeof memoryServer>[0] = {},
  ): Promise<TLSSocket> {
    const { transport } = await memoryServer(server);
    return connect({ socket: transport, host: 'localhost', ...options });
  }
  async function secured(...args: Parameters<typeof client>): Promise<TLSSocket> {
    const socket = await client(...args);
    await once(socket, 'secureConnect');
    socket.destroy();
    return socket;
  }

  it('fails without a word about the connection being secure', async () => {
    const socket = await client({});
    let secure = 0;
    socket.on('secureConnect', () => (secure += 1));
    const error = await failureOf(socket);
    assert.equal(error.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    assert.equal(secure, 0);
    assert.equal(socket.authorized, false);
  });

  it('is not had by an authority whose trust settings reject servers', async () => {
    const [, base64 = ''] = /-----\n([^-]+)-----END/.exec(ca) ?? [];
    const certificate = Buffer.from(base64, 'base64');
    const settings = (purpose: string): string => {
      const rejected = Buffer.from(`300ca00a06082b060105050703${purpose}`, 'hex');
      const body = Buffer.concat([certificate, rejected]).toString('base64');
      return `-----BEGIN TRUSTED CERTIFICATE-----\n${body}\n-----END TRUSTED CERTIFICATE-----\n`;
    };
    const { code } = await failureOf(await client({ ca: settings('01') }));
    assert.equal(code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    const socket = await secured({ ca: settings('02') });
    assert.equal(socket.authorized, true);
  });

  it('what is written never leaves when the server is not trusted', async () => {
    const { transport, server } = await memoryServer();
    let received = 0;
    server.on('data', (chunk: Buffer) => (received += chunk.length));
    const socket = connect({ socket: transport, host: 'localhost' });
    const written = new Promise<Error | null | undefined>((resolve) => {
      socket.write('a secret', resolve);
    });
    const failed = failureOf(socket);
    const { code, cause } = ((await written) ?? {}) as NodeJS.ErrnoException;
    assert.equal(code, 'ECANCELED');
    assert.equal(cause, await failed);
    assert.equal(received, 0);
  });

  it('what the server says first is not given out when it is not trusted', async () => {
    const { transport, server } = await memoryServer();
    server.once('secure', () => server.write('trust me'));
    const socket = connect({ socket: transport, host: 'localhost' });
    socket.on('data', () => assert.fail('data of a server that is not trusted'));
    await failureOf(socket);
    assert.equal(socket.bytesRead, 0);
  });

  it('rejectUnauthorized: false connects and says why it should not', async () => {
    const socket = await secured({ rejectUnauthorized: false });
    assert.equal(socket.authorized, false);
    assert.equal(socket.authorizationError, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('rejectUnauthorized counts as off only when it is false', async () => {
    for (const odd of [null, 0, ''])
      await failureOf(await client({ rejectUnauthorized: odd as unknown as boolean }));
  });

  it('NODE_TLS_REJECT_UNAUTHORIZED=0 switches it off, and an option is stronger', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      assert.equal((await secured({})).authorized, false);
      await failureOf(await client({ rejectUnauthorized: true }));
      // As in node:tls the option is there, though nobody gave it a value.
      await failureOf(await client({ rejectUnauthorized: undefined }));
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it('a bare TLSSocket begins with the first write, rejects nobody and tells', async () => {
    const { transport } = await memoryServer();
    const socket = new TLSSocket(transport);
    socket.write('');
    await once(socket, 'secureConnect');
    assert.equal(socket.authorized, false);
    assert.equal(socket.authorizationError, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    socket.destroy();
  });

  it('the name is checked against host, or against servername', async () => {
    const wrong = await failureOf(await client({ ca, host: 'example.org' }));
    assert.equal(wrong.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.match(wrong.message, /example\.org/);
    assert.equal((await secured({ ca, host: 'example.org', servername: 'localhost' })).authorized, true);
    await failureOf(await client({ ca, host: 'localhost', servername: 'example.org' }));
    assert.equal((await secured({ ca, host: '127.0.0.1' })).authorized, true);
    assert.equal((await failureOf(await client({ ca, host: '127.0.0.2' }))).code, wrong.code);
  });

  it('an international name is checked by its A-label', async () => {
    const root = await TestAuthority.create('CN=international');
    const { cert, key } = await root.issue({ altNames: ['DNS:xn--bcher-kva.example'] });
    const options = { ca: root.certificate.cert, host: 'bücher.example' };
    assert.equal((await secured(options, { cert, key })).authorized, true);
  });

  it('the server learns by an alert why it was refused', async () => {
    const server = await startTlsServer(() => undefined, { maxVersion: 'TLSv1.2' });
    await failureOf(connect({ port: server.port }));
    assert.match(String((server.errors[0] as NodeJS.ErrnoException | undefined)?.code), /UNKNOWN_CA/);
    await server.close();
  });

  describe('checkServerIdentity', () => {
    it('is asked with the name and the certificate, once Windows trusts it', async () => {
      const asked: unknown[] = [];
      const checkServerIdentity = (host: string, certificate: tls.PeerCertificate): undefined => {
        asked.push([host, certificate.subject.CN, 'issuerCertificate' in certificate]);
      };
      assert.equal((await secured({ ca, host: 'any.example', checkServerIdentity })).authorized, true);
      assert.deepEqual(
        asked.map((call) => (call as unknown[]).slice(0, 2)),
        [['any.example', 'localhost']],
      );
      await failureOf(await client({ checkServerIdentity }));
      assert.equal(asked.length, 1);
    });

    it('refuses by what it returns, and by what it throws', async () => {
      const own = Object.assign(new Error('not this one'), { code: 'E_OWN' });
      const returned = await client({ ca, checkServerIdentity: () => own });
      assert.equal(await failureOf(returned), own);
      const threw = await client({
        ca,
        checkServerIdentity: () => {
          throw own;
        },
      });
      assert.equal(await failureOf(threw), own);
    });

    it('is told in authorizationError when nobody is rejected', async () => {
      const own = Object.assign(new Error('not this one'), { code: 'E_OWN' });
      const socket = await secured({ ca, rejectUnauthorized: false, checkServerIdentity: () => own });
      assert.deepEqual([socket.authorized, socket.authorizationError], [false, 'E_OWN']);
    });
  });

  describe('the certificate', () => {
    let server: TlsServer;
    let ours: TLSSocket;
    let theirs: tls.TLSSocket;
    before(async () => {
      server = await startTlsServer((peer) => peer.resume());
      ours = connect({ port: server.port, ca });
      theirs = tls.connect({ port: server.port, host: 'localhost', servername: 'localhost', ca });
      await Promise.all([once(ours, 'secureConnect'), once(theirs, 'secureConnect')]);
    });
    after(async () => {
      ours.destroy();
      theirs.destroy();
      await server.close();
    });

    it('is what node:tls gives, without and with its issuers', () => {
      assert.deepEqual(plain(ours.getPeerCertificate()), plain(theirs.getPeerCertificate()));
      const chain = chainOf(ours.getPeerCertificate(true));
      assert.deepEqual(chain, chainOf(theirs.getPeerCertificate(true)));
      assert.equal(chain.length, 2);
    });

    it('is an X509Certificate too', () => {
      assert.deepEqual(ours.getPeerX509Certificate()?.raw, theirs.getPeerX509Certificate()?.raw);
    });
  });

  it('says how it was decided', async () => {
    const trusted = await secured({ ca });
    assert.equal(trusted.verification?.anchors, 'ca');
    assert.equal(trusted.verification.chain.length, 2);
    assert.equal(trusted.verification.revocation, 'not-checked');
    const refused = await secured({ rejectUnauthorized: false });
    assert.equal(refused.verification?.anchors, 'windows');
    assert.equal(refused.verification.authorized, false);
  });

  const refusals: readonly [
    name: string,
    code: string,
    make: () => Promise<{ cert: string; key: string }>,
  ][] = [
    [
      'an expired certificate',
      'CERT_HAS_EXPIRED',
      async () => (await root()).issue({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-2) }),
    ],
    [
      'a certificate of the future',
      'CERT_NOT_YET_VALID',
      async () => (await root()).issue({ notBefore: daysFromNow(2) }),
    ],
    ['a certificate that signs itself', 'DEPTH_ZERO_SELF_SIGNED_CERT', () => selfSigned()],
    [
      'a certificate for something else',
      'INVALID_PURPOSE',
      async () => (await root()).issue({ usages: ['clientAuth'] }),
    ],
  ];
  let made: Promise<TestAuthority> | undefined;
  const root = (): Promise<TestAuthority> => (made ??= TestAuthority.create('CN=trust'));
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [name, code, make] of refusals) {
      it(`${version}: ${name} is ${code}`, async function () {
        needsVersion(this, version);
        const { cert, key } = await make();
        const options = { ca: (await root()).certificate.cert, minVersion: version, maxVersion: version };
        const error = await failureOf(await client(options, { cert, key }));
        assert.equal(error.code, code);
        assert.equal((error as { phase?: unknown }).phase, 'verify');
      });
    }
  }

  it('extraCa is trusted beside what Windows trusts', async () => {
    const socket = await secured({ extraCa: ca });
    assert.equal(socket.authorized, true);
    assert.deepEqual([socket.verification?.anchors, socket.verification?.pinned], ['ca', null]);
    const expired = { notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) };
    const { cert, key } = await (await root()).issue(expired);
    const extraCa = (await root()).certificate.cert;
    // The reason is what is wrong with the chain, not that Windows doesn't know its root.
    assert.equal((await failureOf(await client({ extraCa }, { cert, key }))).code, 'CERT_HAS_EXPIRED');
  });

  it('pins are checked, whatever rejectUnauthorized says', async () => {
    const { certificate } = await localhostIdentity();
    const pins = [pinOf(certificate.der) ?? '', `sha256//${'A'.repeat(43)}=`];
    assert.equal((await secured({ ca, pins })).verification?.pinned, true);
    assert.equal((await secured({ pins, rejectUnauthorized: false })).authorized, false);
    for (const rejectUnauthorized of [true, false]) {
      const socket = await client({ ca, pins: pins.slice(1), rejectUnauthorized });
      assert.equal((await failureOf(socket)).code, 'ERR_SCHANNEL_PEER_KEY_NOT_PINNED');
    }
  });

  it('what is required of a certificate is looked for in the chain of Windows', async () => {
    assert.equal((await secured({ ca, requiredUsages: 'serverAuth' })).authorized, true);
    const error = await failureOf(await client({ ca, requiredUsages: ['serverAuth', 'smartcardLogon'] }));
    assert.equal(error.code, 'INVALID_PURPOSE');
    assert.match(error.message, /smartcardLogon is required/);
  });

  it('contexts keep their trust apart', async () => {
    const stranger = await TestAuthority.create('CN=stranger');
    const [ours, theirs] = [ca, stranger.certificate.cert].map((pem) => createSecureContext({ ca: pem }));
    const sockets = await Promise.all([
      secured({ secureContext: ours }),
      secured({ secureContext: theirs, rejectUnauthorized: false }),
    ]);
    assert.deepEqual(
      sockets.map(({ authorized }) => authorized),
      [true, false],
    );
  });
});

/** As data: functions and prototypes aside. */
function plain(certificate: object | null): unknown {
  return JSON.parse(JSON.stringify(certificate));
}

/** Fingerprints from the leaf to the certificate that links to itself. */
function chainOf(leaf: DetailedPeerCertificate | null): string[] {
  const fingerprints: string[] = [];
  for (let at = leaf; at !== null; at = at.issuerCertificate === at ? null : at.issuerCertificate)
    fingerprints.push(at.fingerprint256);
  return fingerprints;
}
