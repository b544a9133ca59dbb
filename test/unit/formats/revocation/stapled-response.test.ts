import assert from 'node:assert/strict';
import { MalformedDer } from '#lib/formats/asn1/der-spans.js';
import * as der from '#lib/formats/asn1/der-writer.js';
import { ocspRefusal } from '#lib/formats/revocation/ocsp-response.js';
import { readStapledResponse } from '#lib/formats/revocation/stapled-response.js';

const since = new Date('2026-01-02T03:04:05Z');
const until = new Date('2026-02-02T03:04:05Z');

const answer = (serialNumber: number, status: Uint8Array, ...more: readonly Uint8Array[]): Buffer =>
  der.sequence(
    der.sequence(
      der.sequence(),
      der.octetString(Buffer.of(1)),
      der.octetString(Buffer.of(2)),
      der.integer(serialNumber),
    ),
    status,
    der.generalizedTime(since),
    ...more,
  );

const response = (...answers: readonly Uint8Array[]): Buffer => {
  const data = der.sequence(der.tagged(2), der.generalizedTime(since), der.sequence(...answers));
  const basic = der.sequence(data, der.sequence(), der.bitString(Buffer.of(0)));
  const bytes = der.sequence(der.objectIdentifier('1.3.6.1.5.5.7.48.1.1'), der.octetString(basic));
  return der.sequence(der.enumerated(0), der.tagged(0, bytes));
};

const GOOD = Buffer.of(0x80, 0);

describe('formats/revocation/stapled-response', () => {
  it('reads serial numbers, states and times', () => {
    const read = readStapledResponse(
      response(
        answer(0x1234, GOOD, der.tagged(0, der.generalizedTime(until))),
        answer(2, der.tagged(1, der.generalizedTime(since))),
        answer(3, Buffer.of(0x82, 0)),
      ),
    );
    assert.deepEqual(read, [
      { serialNumber: '1234', status: 'good', thisUpdate: since, nextUpdate: until },
      { serialNumber: '2', status: 'revoked', thisUpdate: since, nextUpdate: null },
      { serialNumber: '3', status: 'unknown', thisUpdate: since, nextUpdate: null },
    ]);
  });

  it('reads no answer where the responder refused', () => {
    assert.deepEqual(readStapledResponse(ocspRefusal('tryLater')), []);
  });

  it('reads no more answers than a server has reason to send', () => {
    const many = Array.from({ length: 1000 }, (_, index) => answer(index + 1, GOOD));
    assert.equal(readStapledResponse(response(...many)).length, 20);
  });

  it('refuses what is cut short, wherever', () => {
    const whole = response(answer(1, GOOD));
    for (let end = 0; end < whole.length; end += 1) {
      assert.throws(() => readStapledResponse(whole.subarray(0, end)), MalformedDer, `${end}`);
    }
  });

  it('refuses other states, and times that are none', () => {
    assert.throws(() => readStapledResponse(response(answer(1, Buffer.of(0x83, 0)))), MalformedDer);
    const text = Buffer.from(
      response(answer(1, GOOD)).toString('latin1').replaceAll('20260102', '2026ab02'),
      'latin1',
    );
    assert.throws(() => readStapledResponse(text), MalformedDer);
  });
});
