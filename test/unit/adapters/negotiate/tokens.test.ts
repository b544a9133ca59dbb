import assert from 'node:assert/strict';
import { negotiate } from '#lib/adapters/negotiate/tokens.js';

describe('adapters/negotiate/tokens', () => {
  it('refuses a socket without a channel binding, instead of a sign-in without it', () => {
    for (const socket of [{}, { getChannelBinding: () => null }]) {
      assert.throws(() => negotiate({ host: 'intranet.example', socket }), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  });
});
