import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { TLSSocket, connect, createSecureContext, type ConnectionOptions } from 'schannel';

/** Anything a caller without types may pass. */
const untyped = (options: object): ConnectionOptions => options;

const thrownBy = (action: () => unknown): { code?: unknown; name?: unknown } | null => {
  try {
    const made = action();
    if (made instanceof net.Socket) made.on('error', () => undefined).destroy();
    return null;
  } catch (error) {
    return error as { code?: unknown; name?: unknown };
  }
};

describe('the options of connect', () => {
  describe('what Schannel has nothing for is refused by name', () => {
    const refused: readonly [option: string, value: unknown, reason: RegExp][] = [
      ['ciphers', 'HIGH:!aNULL', /no cipher match for "HIGH"/],
      ['sigalgs', 'RSA+SHA256', /signature algorithms/],
      ['ecdhCurve', 'P-384', /groups/],
      ['dhparam', 'a PEM', /Diffie-Hellman/],
      ['secureOptions', constants.SSL_OP_NO_TICKET, /OpenSSL's switch 0x4000/],
      ['pskCallback', () => null, /pre-shared keys/],
      // Never as far as ERR_TLS_PSK_SET_IDENTITY_HINT_FAILED.
      ['pskIdentityHint', 'hint', /pre-shared keys/],
      ['ticketKeys', Buffer.alloc(48), /ticket keys/],
      ['enableTrace', true, /event log/],
      ['certificateCompression', ['zlib'], /compression/],
    ];
    for (const [option, value, reason] of refused) {
      it(option, () => {
        const expected = { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED', name: 'SchannelError', message: reason };
        assert.throws(() => connect(untyped({ port: 1, [option]: value })), expected);
        assert.throws(() => new TLSSocket(null, untyped({ [option]: value })), expected);
        assert.throws(() => createSecureContext(untyped({ [option]: value })), expected);
        assert.throws(() => createSecureContext(untyped({ [option]: value })), {
          message: new RegExp(`"${option}"`),
          advice: new RegExp(`"${option}"`),
        });
      });

      it(`${option}: null and undefined ask for nothing`, () => {
        for (const nothing of [null, undefined]) {
          createSecureContext(untyped({ [option]: nothing }));
          new TLSSocket(null, untyped({ [option]: nothing })).destroy();
        }
      });
    }

    for (const option of ['clientCertEngine', 'privateKeyEngine', 'privateKeyIdentifier']) {
      it(`${option}, by the error that node:tls has for it`, () => {
        assert.throws(() => createSecureContext(untyped({ [option]: 'pkcs11' })), {
          code: 'ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED',
          name: 'Error',
          message: 'Custom engines not supported by this OpenSSL',
          advice: new RegExp(`"${option}".*"certificate"`),
        });
        createSecureContext(untyped({ [option]: null }));
      });
    }

    it('but not where it asks for what Windows does anyway', () => {
      createSecureContext(
        untyped({
          ciphers: tls.DEFAULT_CIPHERS,
          ecdhCurve: 'auto',
          dhparam: 'auto',
          secureOptions: 0,
          enableTrace: false,
          certificateCompression: [],
        }),
      );
    });
  });

  /** Calls that node:tls refuses; ours have its code and class. */
  const wrong: readonly [title: string, options: object][] = [
    ['no port', {}],
    ['a port out of range', { port: 65536 }],
    ['a port that is none', { port: 'imap' }],
    ['a host that is no string', { port: 1, host: 7 }],
    ['minVersion unknown', { port: 1, minVersion: 'TLSv9' }],
    ['maxVersion unknown', { port: 1, maxVersion: 'ssl' }],
    ['secureProtocol unknown', { port: 1, secureProtocol: 'blah' }],
    ['secureProtocol of SSL 2', { port: 1, secureProtocol: 'SSLv2_method' }],
    ['secureProtocol beside a version', { port: 1, secureProtocol: 'TLSv1_2_method', minVersion: 'TLSv1.2' }],
    ['an ALPN name of 256 bytes', { port: 1, ALPNProtocols: ['x'.repeat(256)] }],
    ['a signal that is none', { port: 1, signal: 'signal' }],
    ['a time limit that is no number', { port: 1, timeout: 'soon' }],
    ['a secureContext that is none', { port: 1, secureContext: 'context' }],
    ['a socket that is no stream', { socket: 7 }],
  ];
  for (const [title, options] of wrong) {
    it(`refused as by node:tls: ${title}`, () => {
      const theirs = thrownBy(() => tls.connect(options as tls.ConnectionOptions));
      const ours = thrownBy(() => connect(untyped(options)));
      assert.deepEqual({ code: ours?.code, name: ours?.name }, { code: theirs?.code, name: theirs?.name });
    });
  }

  it('an odd first argument is refused', () => {
    for (const odd of [undefined, null, true, () => undefined]) {
      const loose = connect as (first: unknown) => TLSSocket;
      assert.notEqual(
        thrownBy(() => loose(odd)),
        null,
        String(odd),
      );
    }
  });

  it('a range of versions without any is refused', () => {
    assert.throws(() => connect({ port: 1, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }), {
      code: 'ERR_TLS_INVALID_PROTOCOL_VERSION',
    });
  });

  it('what is this library’s own is checked too', () => {
    for (const [option, value, code] of [
      ['handshakeTimeout', 'long', 'ERR_INVALID_ARG_TYPE'],
      ['handshakeTimeout', -1, 'ERR_OUT_OF_RANGE'],
      ['handshakeTimeout', NaN, 'ERR_OUT_OF_RANGE'],
      ['servername', 7, 'ERR_INVALID_ARG_TYPE'],
      // Node 20 only asserts.
      ['checkServerIdentity', 'name', 'ERR_INVALID_ARG_TYPE'],
      ['revocation', 'always', 'ERR_INVALID_ARG_VALUE'],
      ['revocationTimeout', -1, 'ERR_OUT_OF_RANGE'],
      ['sessionTimeout', 'day', 'ERR_INVALID_ARG_TYPE'],
      [
        'ca',
        '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
        'ERR_SCHANNEL_OPTION_CERTIFICATE',
      ],
      ['ca', 7, 'ERR_INVALID_ARG_TYPE'],
      // Node 20 only asserts.
      ['minDHSize', '2048', 'ERR_INVALID_ARG_TYPE'],
      ['minDHSize', 0, 'ERR_OUT_OF_RANGE'],
      ['ALPNProtocols', 'h2', 'ERR_INVALID_ARG_TYPE'],
      // Node 20 and 22 would send the empty name, 24 refuses it with this code.
      ['ALPNProtocols', ['h2', ''], 'ERR_INVALID_ARG_VALUE'],
      ['ALPNProtocols', Buffer.from('\x02h'), 'ERR_INVALID_ARG_VALUE'],
    ] as const) {
      assert.throws(() => connect(untyped({ port: 1, [option]: value })), { code }, option);
    }
  });
});
