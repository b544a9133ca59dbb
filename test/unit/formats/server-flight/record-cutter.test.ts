import assert from 'node:assert/strict';
import { RecordCutter } from '#lib/formats/server-flight/record-cutter.js';
import { record } from '../../../support/server-flight.js';

const bytes = Buffer.concat([record(22, Uint8Array.of(1, 2, 3)), record(21, Uint8Array.of(2, 40))]);

describe('formats/server-flight/record-cutter', () => {
  it('cuts records wherever the transport cuts', () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      const cutter = new RecordCutter(1000);
      const parts = [cutter.push(bytes.subarray(0, at)), cutter.push(bytes.subarray(at))];
      assert.deepEqual(
        parts.map(({ fault }) => fault),
        [null, null],
      );
      const records = parts.flatMap(({ records }) =>
        records.map(({ type, fragment }) => [type, ...fragment]),
      );
      assert.deepEqual(records, [
        [22, 1, 2, 3],
        [21, 2, 40],
      ]);
    }
  });

  it('knows by the first bytes that something is not TLS', () => {
    assert.equal(new RecordCutter(1000).push(Buffer.from('HTTP/1.1 400')).fault, 'not-tls');
    assert.equal(new RecordCutter(1000).push(Buffer.from([22, 9])).fault, 'not-tls');
  });

  it('says whether bytes were TLS before they became garbled', () => {
    const { records, fault } = new RecordCutter(1000).push(Buffer.concat([bytes, Buffer.from('HTTP')]));
    assert.equal(records.length, 2);
    assert.equal(fault, 'garbled');
  });

  it('refuses a record that is longer than TLS allows before it is there', () => {
    assert.equal(new RecordCutter(100_000).push(Buffer.from([22, 3, 3, 0xff, 0xff])).fault, 'garbled');
  });

  it('keeps no more than its limit', () => {
    const cutter = new RecordCutter(bytes.length * 3);
    const faults = Array.from({ length: 5 }, () => cutter.push(bytes).fault);
    assert.deepEqual(faults, [null, null, null, 'too-much', 'too-much']);
  });
});
