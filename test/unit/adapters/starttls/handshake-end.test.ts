import assert from 'node:assert/strict';
import { HandshakeEnd } from '#lib/adapters/starttls/handshake-end.js';
import { alertRecord, changeCipherSpec, dataRecord, handshakeRecord } from '../../../support/records.js';

const FULL = [handshakeRecord('hello'), handshakeRecord('key'), changeCipherSpec(), handshakeRecord('end')];

describe('adapters/starttls/handshake-end', () => {
  it('is behind the first message behind ChangeCipherSpec, however the bytes are split', () => {
    const handshake = Buffer.concat(FULL);
    const bytes = Buffer.concat([handshake, dataRecord('data')]);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const end = new HandshakeEnd();
      const first = end.advance(bytes.subarray(0, cut));
      assert.equal(first, Math.min(cut, handshake.length));
      assert.equal(end.isReached, cut >= handshake.length, `cut at ${cut}`);
      assert.equal(first + end.advance(bytes.subarray(first)), handshake.length);
      assert.equal(end.isReached, true);
      assert.equal(end.isMissed, false);
    }
  });

  it('is not behind an alert, nor behind a message without content', () => {
    const end = new HandshakeEnd();
    end.advance(Buffer.concat([...FULL.slice(0, 3), alertRecord(40)]));
    assert.equal(end.isReached, false);
    end.advance(Buffer.of(22, 3, 3, 0, 0));
    assert.equal(end.isReached, true);
  });

  it('takes none of the bytes behind it', () => {
    const end = new HandshakeEnd();
    end.advance(Buffer.concat(FULL));
    assert.equal(end.advance(handshakeRecord('again')), 0);
  });

  it('is missed when data come first, as in TLS 1.3', () => {
    const end = new HandshakeEnd();
    end.advance(Buffer.concat([handshakeRecord('hello'), changeCipherSpec()]));
    assert.equal(end.isMissed, false);
    end.advance(dataRecord('extensions'));
    assert.deepEqual([end.isReached, end.isMissed], [false, true]);
  });
});
