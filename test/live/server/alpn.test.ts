import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ALPNCallback, ServerOptions, TLSSocket } from 'schannel';
import { failureOfClient, SchannelServer } from '../../support/schannel-server.js';

describe('ALPN of a server', () => {
  let server: SchannelServer | null = null;
  afterEach(async () => {
    await server?.close();
    server = null;
  });
  const start = async (options: ServerOptions): Promise<SchannelServer> =>
    (server = await SchannelServer.start(options));

  /** What both sides say was agreed on. */
  async function agreed(started: SchannelServer, ALPNProtocols?: string[]): Promise<unknown[]> {
    const connected = once(started.server, 'secureConnection') as Promise<[TLSSocket]>;
    const client = await started.opened(ALPNProtocols ? { ALPNProtocols } : {});
    const [socket] = await connected;
    client.destroy();
    return [socket.alpnProtocol, client.alpnProtocol];
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(maxVersion, () => {
      it('is by the order of the server', async () => {
        const started = await start({ maxVersion, ALPNProtocols: ['h2', 'http/1.1', 'smtp'] });
        assert.deepEqual(await agreed(started, ['smtp', 'http/1.1']), ['http/1.1', 'http/1.1']);
        assert.deepEqual(await agreed(started, ['h2']), ['h2', 'h2']);
        assert.deepEqual(await agreed(started), [false, false]);
      });

      it('is nothing where the server wants none', async () => {
        assert.deepEqual(await agreed(await start({ maxVersion }), ['h2']), [false, false]);
      });

      it('refuses clients that offer others only, by no_application_protocol', async () => {
        const started = await start({ maxVersion, ALPNProtocols: ['h2'] });
        const failed = await failureOfClient(started.open({ ALPNProtocols: ['imap', 'pop3'] }));
        assert.match(failed?.message ?? '', /no application protocol/);
        const { error } = await started.failure();
        assert.equal(error.code, 'ERR_SCHANNEL_PEER_ALPN');
        assert.match(error.message, /imap, pop3/);
      });
    });
  }

  describe('ALPNCallback', () => {
    it('chooses by what the client offers and asks for', async () => {
      const offers: unknown[] = [];
      const receivers: unknown[] = [];
      const started = await start({
        ALPNCallback(this: unknown, offer) {
          receivers.push(this);
          offers.push(offer);
          return offer.protocols.at(-1);
        },
      });
      assert.deepEqual(await agreed(started, ['h2', 'mine']), ['mine', 'mine']);
      assert.deepEqual(offers, [{ servername: 'localhost', protocols: ['h2', 'mine'] }]);
      assert.equal((receivers[0] as TLSSocket).encrypted, true);
      // Who offers none is not asked about.
      assert.deepEqual(await agreed(started), [false, false]);
      assert.equal(offers.length, 1);
    });

    for (const [what, callback, alert, expected] of [
      ['undefined', () => undefined, /no application protocol/, { code: 'ERR_SCHANNEL_PEER_ALPN' }],
      ['another protocol', () => 'other', /internal error/, { code: 'ERR_TLS_ALPN_CALLBACK_INVALID_RESULT' }],
      [
        'an exception',
        () => {
          throw new RangeError('thrown');
        },
        /internal error/,
        { name: 'RangeError', message: 'thrown' },
      ],
    ] as const satisfies readonly (readonly [string, ALPNCallback, RegExp, object])[]) {
      it(`refuses the client with ${what}`, async () => {
        const started = await start({ ALPNCallback: callback });
        const failed = await failureOfClient(started.open({ ALPNProtocols: ['h2'] }));
        assert.match(failed?.message ?? '', alert);
        const { error } = await started.failure();
        for (const [name, value] of Object.entries(expected)) assert.equal(Reflect.get(error, name), value);
      });
    }
  });
});
