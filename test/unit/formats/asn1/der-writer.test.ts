import assert from 'node:assert/strict';
import { enumerated, generalizedTime, time } from '#lib/formats/asn1/der-writer.js';
import { momentOf } from '#lib/formats/x509/outline.js';
import { spanAt } from '#lib/formats/asn1/der-spans.js';

describe('formats/asn1/der-writer', () => {
  it('writes moments until 2049 as UTCTime, and later ones as GeneralizedTime', () => {
    assert.equal(time(new Date('2049-12-31T23:59:59.999Z')).toString('latin1'), '\x17\r491231235959Z');
    assert.equal(time(new Date('2050-01-01T00:00:00Z')).toString('latin1'), '\x18\x0f20500101000000Z');
  });

  it('writes moments that are read as they were, without fractions of a second', () => {
    const moment = new Date('2030-01-02T03:04:05.678Z');
    for (const written of [time(moment), generalizedTime(moment)]) {
      assert.equal(momentOf(spanAt(written, 0)).toISOString(), '2030-01-02T03:04:05.000Z');
    }
  });

  it('writes an ENUMERATED', () => {
    assert.deepEqual(enumerated(6), Buffer.of(0x0a, 1, 6));
  });
});
