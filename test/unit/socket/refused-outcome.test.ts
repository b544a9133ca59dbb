import assert from 'node:assert/strict';
import type { NativeConnection } from '#lib/native/binding.js';
import { refusedParameters } from '#lib/socket/refused-outcome.js';
import { connectionOf } from '../../support/connection.js';

const CALG_DH_EPHEM = 0xaa02;

/** A connection of TLS 1.2 whose keys were exchanged by Diffie-Hellman with parameters of this size; 0: Windows does not tell. */
function ephemeral(exchangeStrength: number, exchange = CALG_DH_EPHEM): NativeConnection {
  const info = { protocol: 0x800, cipher: 0x6610, cipherStrength: 256, hash: 0, hashStrength: 0 };
  return { ...connectionOf('1.2'), cipher: null, info: { ...info, exchange, exchangeStrength } };
}

describe('refusedParameters()', () => {
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
