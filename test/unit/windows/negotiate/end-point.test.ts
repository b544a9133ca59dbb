import assert from 'node:assert/strict';
import { endPointOf } from '#lib/windows/negotiate/end-point.js';

describe('windows/negotiate/end-point', () => {
  it('has the hash of the certificate behind its prefix', () => {
    const socket = {
      hash: Buffer.from('hash'),
      getChannelBinding(type: string): Buffer | null {
        return type === 'tls-server-end-point' ? this.hash : null;
      },
    };
    assert.equal(String(endPointOf(socket)), 'tls-server-end-point:hash');
  });

  it('has nothing of streams that do not know it', () => {
    for (const stream of [{}, { getChannelBinding: () => null }, { getChannelBinding: 'no function' }]) {
      assert.equal(endPointOf(stream), null);
    }
  });
});
