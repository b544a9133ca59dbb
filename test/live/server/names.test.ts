import assert from 'node:assert/strict';
import { once } from 'node:events';
import type tls from 'node:tls';
import { createSecureContext, type SNICallback, type ServerOptions, type TLSSocket } from 'schannel';
import type { TestCertificate } from '../../support/certificates.js';
import { failureOfClient, issueServer, SchannelServer } from '../../support/schannel-server.js';

const NAMES = ['one.example.com', 'two.example.com', 'three.test', '*.wild.test', 'default.test'] as const;

describe('server names', () => {
  const identities = new Map<string, TestCertificate>();
  let server: SchannelServer | null = null;
  before(async () => {
    for (const name of NAMES)
      identities.set(name, await issueServer({ altNames: [`DNS:${name}`], subject: `CN=${name}` }));
  });
  afterEach(async () => {
    await server?.close();
    server = null;
  });

  const of = (name: string): { cert: string; key: string } => {
    const { cert = '', key = '' } = identities.get(name) ?? {};
    return { cert, key };
  };
  const start = async (options: ServerOptions = {}): Promise<SchannelServer> =>
    (server = await SchannelServer.start({ ...of('default.test'), ...options }));

  /** The common name of the certificate that a client is shown that asks for this name. */
  async function shown(servername: string, options: tls.ConnectionOptions = {}): Promise<string> {
    assert.ok(server);
    const client = await server.opened({ servername, checkServerIdentity: () => undefined, ...options });
    const { CN } = client.getPeerCertificate().subject as { CN: string };
    client.destroy();
    return CN;
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${maxVersion}: three names, a wildcard and all others on one port, each with its certificate`, async () => {
      const { server: own } = await start({ maxVersion });
      for (const name of NAMES.slice(0, 4)) own.addContext(name, of(name));
      const asked: readonly [servername: string, expected: string][] = [
        ['one.example.com', 'one.example.com'],
        ['two.example.com', 'two.example.com'],
        ['THREE.test', 'three.test'],
        ['a.wild.test', '*.wild.test'],
        ['a.b.wild.test', 'default.test'],
        ['wild.test', 'default.test'],
        ['four.example.com', 'default.test'],
        ['', 'default.test'],
      ];
      const shownNames = await Promise.all(asked.map(([servername]) => shown(servername)));
      assert.deepEqual(
        shownNames,
        asked.map(([, expected]) => expected),
      );
    });
  }

  it('and the certificate that was added last is the one', async () => {
    const { server: own } = await start();
    own.addContext('three.test', createSecureContext(of('one.example.com')));
    own.addContext('three.test', createSecureContext(of('three.test')));
    assert.equal(await shown('three.test'), 'three.test');
  });

  describe('SNICallback', () => {
    const startWith = (SNICallback: SNICallback): Promise<SchannelServer> => start({ SNICallback });

    it('chooses, at once or later, and leaves the choice to the server', async () => {
      const seen: string[] = [];
      await startWith((servername, done) => {
        seen.push(servername);
        if (servername === 'one.example.com') done(null, createSecureContext(of('one.example.com')));
        else if (servername === 'two.example.com')
          setImmediate(() => done(null, createSecureContext(of('two.example.com'))));
        else done(null);
      });
      assert.equal(await shown('one.example.com'), 'one.example.com');
      assert.equal(await shown('two.example.com'), 'two.example.com');
      assert.equal(await shown('other.test'), 'default.test');
      assert.equal(await shown(''), 'default.test');
      assert.deepEqual(seen, ['one.example.com', 'two.example.com', 'other.test']);
    });

    it('is called with the socket as this', async () => {
      const receivers: unknown[] = [];
      await startWith(function (this: unknown, _servername, done) {
        receivers.push(this);
        done(null);
      });
      await shown('one.example.com');
      assert.equal((receivers[0] as TLSSocket).encrypted, true);
    });

    it('may set other settings by setKeyCert(), as ALPNCallback may', async () => {
      const started = await startWith(function (this: unknown, _servername, done) {
        (this as TLSSocket).setKeyCert(createSecureContext(of('two.example.com')));
        done(null);
      });
      assert.equal(await shown('one.example.com'), 'two.example.com');
      await started.close();
      await start({
        ALPNCallback(this: unknown, { protocols }) {
          (this as TLSSocket).setKeyCert(of('three.test'));
          return protocols[0];
        },
      });
      assert.equal(await shown('one.example.com', { ALPNProtocols: ['any'] }), 'three.test');
    });

    for (const [what, callback, message] of [
      ['an error', (_name, done) => done(new Error('no such name')), /no such name/],
      [
        'an exception',
        () => {
          throw new Error('thrown');
        },
        /thrown/,
      ],
      ['what is no context', (_name, done) => done(null, {} as never), /Invalid SNI context/],
    ] as const satisfies readonly (readonly [string, SNICallback, RegExp])[]) {
      it(`ends the handshake with ${what}, without an alert as node:tls does`, async () => {
        const started = await startWith(callback);
        const failed = await failureOfClient(started.open());
        assert.equal(failed?.code, 'ECONNRESET');
        assert.match((await started.failure()).error.message, message);
      });
    }

    it('that answers when the client has gone disturbs nobody', async () => {
      const answers: (() => void)[] = [];
      const started = await startWith((servername, done) => {
        if (servername === 'late.test') answers.push(() => done(null));
        else done(null);
        started.server.emit('asked');
      });
      const asked = once(started.server, 'asked');
      const client = started.open({ servername: 'late.test' });
      await asked;
      client.destroy();
      assert.equal((await started.failure()).error.code, 'ECONNRESET');
      for (const answer of answers) answer();
      assert.equal(await shown('one.example.com'), 'default.test');
    });
  });
});
