import assert from 'node:assert/strict';
import type { ClientHello } from '#lib/formats/client-hello/client-hello.js';
import type { NativeSessionInfo } from '#lib/native/binding.js';
import type { ProtocolRange } from '#lib/tls/secure-context/protocols.js';
import { createSecureContext } from '#lib/tls/secure-context/secure-context.js';
import { ClientSide } from '#lib/tls/socket/client-side.js';
import { parseClientOptions } from '#lib/tls/socket/client-options.js';
import { checkApplication, checkParameters, checkVersions } from '#lib/tls/socket/rejections.js';
import { connectionOf } from '../../../support/connection.js';

const CALG_DH_EPHEM = 0xaa02;

/**
 * A connection of TLS 1.2 whose keys were exchanged by Diffie-Hellman with parameters of this size; 0: Windows does
 * not report it.
 */
function ephemeral(exchangeStrength: number, exchange = CALG_DH_EPHEM): NativeSessionInfo {
  const info = { protocol: 0x800, cipher: 0x6610, cipherStrength: 256, hash: 0, hashStrength: 0 };
  return { ...connectionOf('1.2'), cipher: null, info: { ...info, exchange, exchangeStrength } };
}

describe('tls/socket/rejections: checkApplication()', () => {
  const chosen = (name: string): NativeSessionInfo => ({
    ...connectionOf('1.3'),
    alpnProtocol: Buffer.from(name, 'latin1'),
  });

  it('takes one that was offered, and none', () => {
    const offered = [Buffer.from('h2'), Uint8Array.of(0xff, 0x1b)];
    assert.equal(checkApplication(chosen('h2'), offered), null);
    assert.equal(checkApplication(chosen('\u00ff\u001b'), offered), null);
    assert.equal(checkApplication(connectionOf('1.3'), offered), null);
    assert.equal(checkApplication(connectionOf('1.3'), []), null);
  });

  it('refuses others by illegal_parameter, and shows nothing that a terminal obeys', () => {
    for (const offered of [[], [Buffer.from('h')], [Buffer.from('h2'), Buffer.from('smtp')]]) {
      const refusal = checkApplication(chosen(`\u001b]0;x\u0007${'y'.repeat(200)}`), offered);
      assert.equal((refusal?.error as NodeJS.ErrnoException).code, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE');
      assert.equal(refusal?.alert, 47);
      assert.match(refusal.error.message, /protocol \?\]0;x\?y{58} …, which/);
    }
  });

  it('is asked by a client', () => {
    const settings = parseClientOptions(
      { ALPNProtocols: ['h2'], secureContext: createSecureContext() },
      'a.example',
    );
    const side = new ClientSide(settings, { build: 26100, wine: null });
    assert.equal(side.checkNegotiated(chosen('h2')), null);
    assert.equal(side.checkNegotiated(chosen('smtp'))?.alert, 47);
  });
});

describe('tls/socket/rejections: checkParameters()', () => {
  it('refuses Diffie-Hellman parameters below the size that is wanted, as node:tls does', () => {
    const refusal = checkParameters(ephemeral(2048), 2049);
    assert.equal((refusal?.error as NodeJS.ErrnoException).code, 'ERR_TLS_DH_PARAM_SIZE');
    assert.equal(refusal?.error.message, 'DH parameter size 2048 is less than 2049');
    assert.equal(refusal.alert, 71);
    assert.equal(checkParameters(ephemeral(2048), 2048), null);
  });

  it('has nothing against other ways to exchange keys', () => {
    const CALG_ECDHE = 0xae06;
    assert.equal(checkParameters(ephemeral(256, CALG_ECDHE), 4096), null);
    assert.equal(checkParameters(connectionOf('1.3'), 4096), null);
  });

  it('takes an unknown size for the least that Windows takes by itself', () => {
    assert.equal(checkParameters(ephemeral(0), 1024), null);
    assert.notEqual(checkParameters(ephemeral(0), 1025), null);
  });
});

const hello = (versions: readonly number[], legacyVersion = 0x0303): ClientHello => ({
  format: 'tls',
  legacyVersion,
  versions,
  cipherSuites: [],
  servername: null,
  alpnProtocols: [],
  signatureAlgorithms: [],
  postHandshakeAuth: false,
  malformed: [],
});
const MODERN: ProtocolRange = { min: 'TLSv1.2', max: 'TLSv1.3' };
const OLD: ProtocolRange = { min: 'TLSv1', max: 'TLSv1.1' };

describe('tls/socket/rejections: checkVersions()', () => {
  const CASES: readonly (readonly [what: string, ClientHello, ProtocolRange, refused: boolean])[] = [
    ['TLS 1.3 and 1.2 by list', hello([0x0304, 0x0303]), MODERN, false],
    ['only TLS 1.3 by list', hello([0x0304]), MODERN, false],
    ['only TLS 1.3, where only older ones are allowed', hello([0x0304]), OLD, true],
    ['TLS 1.2 without a list', hello([0x0303]), MODERN, false],
    ['TLS 1.2 and all below without a list, where those are allowed', hello([0x0303]), OLD, false],
    ['TLS 1.1', hello([0x0302], 0x0302), MODERN, true],
    ['TLS 1.0', hello([0x0301], 0x0301), MODERN, true],
    ['TLS 1.0, where that is allowed', hello([0x0301], 0x0301), OLD, false],
    ['SSL 3', hello([0x0300], 0x0300), OLD, true],
    ['one to come', hello([0x0305]), MODERN, true],
    ['one to come and TLS 1.3', hello([0x0305, 0x0304]), MODERN, false],
  ];
  for (const [what, offer, range, isRefused] of CASES) {
    it(`${isRefused ? 'refuses' : 'takes'} ${what}`, () => {
      const refusal = checkVersions(offer, range);
      assert.equal(refusal?.alert, isRefused ? 70 : undefined);
      assert.equal(
        (refusal?.error as NodeJS.ErrnoException | undefined)?.code,
        isRefused ? 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM' : undefined,
      );
    });
  }
});
