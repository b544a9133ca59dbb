import assert from 'node:assert/strict';
import { crc32c } from '#lib/formats/proxy-protocol/crc32c.js';

const NONE = { at: 0, count: 0 };

describe('formats/proxy-protocol/crc32c', () => {
  it('gives what RFC 3720, appendix B.4 has', () => {
    assert.equal(crc32c(Buffer.alloc(32), NONE), 0x8a9136aa);
    assert.equal(crc32c(Buffer.alloc(32, 0xff), NONE), 0x62a8ab43);
    assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, at) => at)), NONE), 0x46dd794e);
    assert.equal(crc32c(Buffer.from('123456789'), NONE), 0xe3069283);
  });

  it('takes some bytes for zeros', () => {
    const bytes = Buffer.alloc(32);
    bytes.fill(7, 5, 9);
    assert.equal(crc32c(bytes, { at: 5, count: 4 }), 0x8a9136aa);
  });
});
