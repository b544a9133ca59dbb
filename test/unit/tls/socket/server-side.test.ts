import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { NativePlatform, NativeSession } from '#lib/native/binding.js';
import { createSecureContext } from '#lib/tls/secure-context/secure-context.js';
import { parseClientOptions } from '#lib/tls/socket/client-options.js';
import { ClientSide } from '#lib/tls/socket/client-side.js';
import type { PeerDemands } from '#lib/tls/socket/connection-side.js';
import { parseServerOptions, type SNICallback } from '#lib/tls/socket/server-options.js';
import { ServerSide } from '#lib/tls/socket/server-side.js';
import type { TLSSocketOptions } from '#lib/tls/socket/socket-options.js';
import { connectionOf } from '../../../support/connection.js';
import { chromiumHello, extension, helloMessage, inRecords } from '../../../support/hello-builder.js';

const WINDOWS: NativePlatform = { build: 26100, wine: null };
const WINE: NativePlatform = { build: 19045, wine: '10.0' };

const sideOf = (options: TLSSocketOptions, platform = WINDOWS): ServerSide =>
  new ServerSide(parseServerOptions({ isServer: true, ...options }), platform, options as unknown as Socket);

/** Of a client that offers h2 and http/1.1. */
const HELLO = inRecords(chromiumHello('example.com'));

/** How a side refuses a client before Windows hears of it. */
async function refusalBy(options: TLSSocketOptions, hello: Uint8Array = HELLO): Promise<[unknown, unknown]> {
  const side = sideOf(options);
  side.admission.pushHello(hello);
  const opening = await side.open();
  assert.ok('error' in opening);
  return [Reflect.get(opening.error, 'code'), opening.alert];
}

const thrownBy = async (options: TLSSocketOptions): Promise<Error> => {
  const side = sideOf(options);
  side.admission.pushHello(HELLO);
  try {
    await side.open();
  } catch (error) {
    return error as Error;
  }
  return assert.fail('nothing was thrown');
};

describe('tls/socket/server-side', () => {
  it('refuses what is no hello, by the alert of the fault', async () => {
    assert.deepEqual(await refusalBy({}, Buffer.from('SSH-2.0')), ['ERR_SCHANNEL_PEER_NOT_TLS', null]);
    const data = Buffer.of(23, 3, 3, 0, 1, 0);
    assert.deepEqual(await refusalBy({}, data), ['ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', 10]);
  });

  it('refuses clients without a protocol of ours, by no_application_protocol', async () => {
    assert.deepEqual(await refusalBy({ ALPNProtocols: ['imap'] }), ['ERR_SCHANNEL_PEER_ALPN', 120]);
    const undecided = { ALPNCallback: () => undefined };
    assert.deepEqual(await refusalBy(undecided), ['ERR_SCHANNEL_PEER_ALPN', 120]);
  });

  it('shows of what a client offers only a part, and nothing that a terminal obeys', async () => {
    const names = Array.from({ length: 200 }, () => `\u001b[2J\r\n\u009b2J${'n'.repeat(80)}`);
    const hello = inRecords(helloMessage({ extensions: [extension.alpn(...names)] }));
    const side = sideOf({ ALPNProtocols: ['imap'] });
    side.admission.pushHello(hello);
    const opening = await side.open();
    assert.ok('error' in opening);
    const thrown = sideOf({ ALPNCallback: () => 'other' });
    thrown.admission.pushHello(hello);
    const error = await thrown.open().catch((reason: unknown) => reason);
    for (const { message } of [opening.error, error as Error]) {
      assert.doesNotMatch(message, /[\p{Cc}\p{Cf}]/u);
      assert.ok(message.length < 1200, String(message.length));
      assert.match(message, /190 more/);
    }
  });

  it('gives ALPNCallback its own list', async () => {
    const offer = { ALPNCallback: ({ protocols }: { protocols: string[] }) => protocols.splice(0)[5] };
    assert.deepEqual(await refusalBy(offer), ['ERR_SCHANNEL_PEER_ALPN', 120]);
  });

  it('does not believe in protocols that were not offered', async () => {
    const error = await thrownBy({ ALPNCallback: () => 'other' });
    assert.equal(Reflect.get(error, 'code'), 'ERR_TLS_ALPN_CALLBACK_INVALID_RESULT');
    assert.match(error.message, /\(other\).*\(h2, http\/1\.1\)/);
  });

  describe('challenges', () => {
    const ACME = helloMessage({
      extensions: [extension.serverName('Bar.Example'), extension.alpn('acme-tls/1')],
    });

    it('asks for the certificate by name, and nobody else', async () => {
      const asked: string[] = [];
      const never = (): never => assert.fail('it was asked');
      const challenges = {
        contextFor: (name: string) => {
          asked.push(name);
          // Refused for its version, before Windows is needed.
          return Promise.resolve(createSecureContext({ minVersion: 'TLSv1.3' }));
        },
      };
      const options = { challenges, SNICallback: never, ALPNCallback: never };
      assert.deepEqual(await refusalBy(options, inRecords(ACME)), [
        'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
        70,
      ]);
      assert.deepEqual(asked, ['bar.example']);
    });

    it('treats a client as any other if there is no challenge, or if it can talk', async () => {
      const none = { challenges: { contextFor: () => null }, ALPNProtocols: ['h2'] };
      assert.deepEqual(await refusalBy(none, inRecords(ACME)), ['ERR_SCHANNEL_PEER_ALPN', 120]);
      const never = { contextFor: (): never => assert.fail('it was asked') };
      for (const hello of [
        [extension.serverName('bar.example'), extension.alpn('acme-tls/1', 'imap')],
        [extension.serverName('bar.example'), extension.alpn('imap')],
        [extension.alpn('acme-tls/1')],
      ]) {
        const refusal = await refusalBy(
          { challenges: never, ALPNProtocols: ['h2'] },
          inRecords(helloMessage({ extensions: hello })),
        );
        assert.deepEqual(refusal, ['ERR_SCHANNEL_PEER_ALPN', 120]);
      }
    });

    it('passes on what goes wrong', async () => {
      const failure = new Error('failure');
      const rejecting = sideOf({ challenges: { contextFor: () => Promise.reject(failure) } });
      rejecting.admission.pushHello(inRecords(ACME));
      await assert.rejects(rejecting.open(), failure);
      const odd = sideOf({ challenges: { contextFor: () => 'context' as never } });
      odd.admission.pushHello(inRecords(ACME));
      await assert.rejects(odd.open(), { message: 'Invalid context for a TLS-ALPN-01 challenge' });
      assert.throws(() => sideOf({ challenges: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });

  it('passes on what SNICallback gives or throws, and tells the client nothing', async () => {
    const failure = new Error('failure');
    const refuse = async (SNICallback: SNICallback): Promise<Error> => {
      const side = sideOf({ SNICallback });
      side.admission.pushHello(HELLO);
      const opening = await side.open();
      assert.ok('error' in opening && opening.alert === null);
      return opening.error;
    };
    assert.equal(await refuse((_name, done) => done(failure)), failure);
    const thrown = await refuse(() => {
      throw failure;
    });
    assert.equal(thrown, failure);
    const odd = await refuse((_name, done) => done(null, 'context' as never));
    assert.deepEqual([odd.name, odd.message], ['TypeError', 'Invalid SNI context']);
  });

  it('asks SNICallback before the protocol, and not without a name', async () => {
    const calls: string[] = [];
    const options: TLSSocketOptions = {
      SNICallback: (name, done) => {
        calls.push(name);
        setImmediate(() => done(null, createSecureContext()));
      },
      ALPNCallback: ({ servername }) => {
        calls.push(`ALPN of '${servername}'`);
        return undefined;
      },
    };
    await refusalBy(options);
    await refusalBy(options, inRecords(helloMessage({ extensions: [extension.alpn('h2')] })));
    assert.deepEqual(calls, ['example.com', "ALPN of 'example.com'", "ALPN of ''"]);
  });

  it('knows the name before anybody is asked', async () => {
    const side = sideOf({ ALPNProtocols: ['none'] });
    assert.equal(side.servername, false);
    side.admission.pushHello(HELLO);
    await side.open();
    assert.equal(side.servername, 'example.com');
  });

  it('refuses a version that Windows should not have taken', () => {
    const side = sideOf({ minVersion: 'TLSv1.3' });
    assert.equal(side.checkNegotiated(connectionOf('1.3')), null);
    const refusal = side.checkNegotiated(connectionOf('1.2'));
    assert.equal(refusal?.alert, 70);
    assert.match(refusal.error.message, /the client came with TLSv1\.2/);
  });

  describe('requestClientCertificate()', () => {
    const ASC_REQ_MUTUAL_AUTH = 0x2;
    const heard = (hello: Uint8Array, platform = WINDOWS): ServerSide => {
      const side = sideOf({ ALPNProtocols: ['none'] }, platform);
      side.admission.pushHello(hello);
      return side;
    };
    const withExtension = inRecords(
      helloMessage({ extensions: [extension.alpn('h2'), extension.postHandshakeAuth()] }),
    );

    it('asks by the flag, of TLS 1.2 always, of TLS 1.3 where the client takes it', async () => {
      const plain = heard(HELLO);
      await plain.open();
      assert.equal(
        plain.requestClientCertificate(connectionOf('1.2')) & ASC_REQ_MUTUAL_AUTH,
        ASC_REQ_MUTUAL_AUTH,
      );
      const willing = heard(withExtension);
      await willing.open();
      assert.equal(
        willing.requestClientCertificate(connectionOf('1.3')) & ASC_REQ_MUTUAL_AUTH,
        ASC_REQ_MUTUAL_AUTH,
      );
    });

    it('says who does not take it', async () => {
      const unwilling = heard(HELLO);
      await unwilling.open();
      assert.throws(() => unwilling.requestClientCertificate(connectionOf('1.3')), {
        code: 'ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH',
      });
      assert.throws(() => heard(withExtension, WINE).requestClientCertificate(connectionOf('1.2')), {
        code: 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
      });
    });
  });

  it('renegotiates up to TLS 1.2, and asks for a certificate where that is wanted, and only there', () => {
    const ASC_REQ_MUTUAL_AUTH = 0x2;
    const facts = connectionOf('1.2', '');
    const side = sideOf({ requestCert: true });
    assert.equal(side.renegotiate(facts, false) & ASC_REQ_MUTUAL_AUTH, 0);
    assert.equal(side.renegotiate(facts, true) & ASC_REQ_MUTUAL_AUTH, ASC_REQ_MUTUAL_AUTH);
    const code = 'ERR_SCHANNEL_USAGE_PHASE';
    assert.throws(() => side.renegotiate(connectionOf('1.3'), true), { code });
    const client = new ClientSide(parseClientOptions({}, 'localhost'), WINDOWS);
    assert.equal(client.renegotiate(connectionOf('1.2')), null);
    assert.throws(() => client.renegotiate(connectionOf('1.3')), { code });
    assert.throws(() => sideOf({}, WINE).renegotiate(facts, false), {
      code: 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
    });
  });

  it("takes whatever is truthy for a yes, as node:tls's sockets do, on either side", () => {
    for (const [value, isYes] of [
      [true, true],
      [1, true],
      ['true', true],
      [false, false],
      [0, false],
      ['', false],
      [null, false],
      [undefined, false],
    ] as const) {
      const options = { requestCert: value, rejectUnauthorized: value } as TLSSocketOptions;
      const demands = { requestCert: isYes, rejectUnauthorized: isYes };
      assert.deepEqual(sideOf(options).demands, demands, String(value));
      const client = new ClientSide(parseClientOptions(options, 'localhost'), WINDOWS);
      assert.deepEqual(client.demands, { requestCert: true, rejectUnauthorized: isYes }, String(value));
    }
  });

  describe('checkPeer()', () => {
    const options = { requestCert: true, rejectUnauthorized: true };
    /** The code and the alert with which a client without a certificate is refused. */
    const refusalOf = async (demands: PeerDemands): Promise<[unknown, number | null] | null> => {
      const side = sideOf(options);
      // Nobody asks Windows about a client that shows nothing.
      const { rejection } = await side.checkPeer({} as NativeSession, connectionOf('1.2', ''), demands);
      return rejection && [Reflect.get(rejection.error, 'code'), rejection.alert];
    };

    it('refuses by what it is given, at first by the options', async () => {
      assert.deepEqual(sideOf(options).demands, options);
      assert.deepEqual(await refusalOf(options), ['UNABLE_TO_GET_ISSUER_CERT', 40]);
      assert.equal(await refusalOf({ ...options, rejectUnauthorized: false }), null);
      assert.equal(await refusalOf({ ...options, requestCert: false }), null);
    });

    it('refuses again after a certificate was asked for later', async () => {
      const side = sideOf(options);
      side.requestClientCertificate(connectionOf('1.2', ''));
      const { rejection } = await side.checkPeer({} as NativeSession, connectionOf('1.2', ''), side.demands);
      assert.equal(rejection?.alert, 40);
    });
  });

  it('refuses wrong options with the codes of Node', () => {
    for (const [options, code] of [
      [{ SNICallback: 'name' }, 'ERR_INVALID_ARG_TYPE'],
      [{ ALPNCallback: 'name' }, 'ERR_INVALID_ARG_TYPE'],
      [{ ALPNProtocols: ['a'], ALPNCallback: () => 'a' }, 'ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS'],
      [{ ALPNProtocols: [''] }, 'ERR_INVALID_ARG_VALUE'],
      [{ secureContext: {} }, 'ERR_TLS_INVALID_CONTEXT'],
    ] as const) {
      assert.throws(() => sideOf(options as TLSSocketOptions), { code });
    }
  });
});
