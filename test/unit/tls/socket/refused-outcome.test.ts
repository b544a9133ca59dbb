import assert from 'node:assert/strict';
import type { NativeSessionInfo } from '#lib/native/binding.js';
import { createSecureContext } from '#lib/tls/secure-context/secure-context.js';
import { ClientSide } from '#lib/tls/socket/client-side.js';
import { parseClientOptions } from '#lib/tls/socket/client-options.js';
import { refusedApplication, refusedParameters } from '#lib/tls/socket/refused-outcome.js';
import { connectionOf } from '../../../support/connection.js';

const CALG_DH_EPHEM = 0xaa02;

/** A connection of TLS 1.2 whose keys were exchanged by Diffie-Hellman with parameters of this size; 0: Windows does not tell. */
function ephemeral(exchangeStrength: number, exchange = CALG_DH_EPHEM): NativeSessionInfo {
  const info = { protocol: 0x800, cipher: 0x6610, cipherStrength: 256, hash: 0, hashStrength: 0 };
  return { ...connectionOf('1.2'), cipher: null, info: { ...info, exchange, exchangeStrength } };
}

describe('tls/socket/refused-outcome: refusedApplication()', () => {
  const chosen = (name: string): NativeSessionInfo => ({
    ...connectionOf('1.3'),
    alpnProtocol: Buffer.from(name, 'latin1'),
  });

  it('takes one that was offered, and none', () => {
    const offered = [Buffer.from('h2'), Uint8Array.of(0xff, 0x1b)];
    assert.equal(refusedApplication(chosen('h2'), offered), null);
    assert.equal(refusedApplication(chosen('\u00ff\u001b'), offered), null);
    assert.equal(refusedApplication(connectionOf('1.3'), offered), null);
    assert.equal(refusedApplication(connectionOf('1.3'), []), null);
  });

  it('refuses others by illegal_parameter, and shows nothing that a terminal obeys', () => {
    for (const offered of [[], [Buffer.from('h')], [Buffer.from('h2'), Buffer.from('smtp')]]) {
      const refusal = refusedApplication(chosen(`\u001b]0;x\u0007${'y'.repeat(200)}`), offered);
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
    assert.equal(side.examine(chosen('h2')), null);
    assert.equal(side.examine(chosen('smtp'))?.alert, 47);
  });
});

describe('tls/socket/refused-outcome: refusedParameters()', () => {
  it('refuses Diffie-Hellman parameters below the size that is wanted, as node:tls does', () => {
    const refusal = refusedParameters(ephemeral(2048), 2049);
    assert.equal((refusal?.error as NodeJS.ErrnoException).code, 'ERR_TLS_DH_PARAM_SIZE');
    assert.equal(refusal?.error.message, 'DH parameter size 2048 is less than 2049');
    assert.equal(refusal.alert, 71);
    assert.equal(refusedParameters(ephemeral(2048), 2048), null);
  });

  it('has nothing against other ways to exchange keys', () => {
    const CALG_ECDHE = 0xae06;
    assert.equal(refusedParameters(ephemeral(256, CALG_ECDHE), 4096), null);
    assert.equal(refusedParameters(connectionOf('1.3'), 4096), null);
  });

  it('takes an unknown size for the least that Windows takes by itself', () => {
    assert.equal(refusedParameters(ephemeral(0), 1024), null);
    assert.notEqual(refusedParameters(ephemeral(0), 1025), null);
  });
});
