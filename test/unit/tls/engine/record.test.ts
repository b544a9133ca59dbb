import assert from 'node:assert/strict';
import {
  ContentType,
  MAXIMUM_FRAGMENT,
  MAXIMUM_FRAGMENT_TLS13,
  countRecords,
  fragmentLength,
  handshakePortions,
  recordLength,
  wholeRecords,
} from '#lib/tls/engine/record.js';
import {
  alertRecord,
  changeCipherSpec,
  dataRecord,
  handshakeRecord,
  headerOf,
} from '../../../support/records.js';

const whole = (bytes: Uint8Array, start = 0): ReturnType<typeof wholeRecords> =>
  wholeRecords(bytes, start, bytes.length, MAXIMUM_FRAGMENT);

const lengthOf = (bytes: Uint8Array, maximum = MAXIMUM_FRAGMENT): ReturnType<typeof recordLength> =>
  recordLength(bytes, 0, bytes.length, maximum);

describe('tls/engine/record', () => {
  describe('recordLength', () => {
    it('counts the header', () => {
      assert.equal(lengthOf(dataRecord('abc')), 8);
      assert.equal(lengthOf(dataRecord('')), 5);
      assert.equal(fragmentLength(headerOf(23, 0x1234), 0), 0x1234);
    });

    it('does not know a length before the header is whole', () => {
      for (let length = 0; length < 5; length += 1) {
        assert.equal(lengthOf(dataRecord('abc').subarray(0, length)), 0);
      }
    });

    it('knows the content types of TLS and no others', () => {
      for (let type = 0; type <= 255; type += 1) {
        const known = (Object.values(ContentType) as number[]).includes(type);
        assert.equal(lengthOf(Buffer.of(type)), known ? 0 : 'not-tls', `type ${type}`);
      }
    });

    it('refuses another major version as soon as it shows, and takes any minor one', () => {
      assert.equal(lengthOf(Buffer.of(22, 2)), 'not-tls');
      assert.equal(lengthOf(Buffer.of(22, 3)), 0);
      for (const minor of [0, 1, 2, 3, 4, 255]) assert.equal(lengthOf(Buffer.of(22, 3, minor, 0, 1)), 6);
    });

    it('refuses a fragment beyond the limit of the version, as soon as its header is there', () => {
      assert.equal(lengthOf(headerOf(23, MAXIMUM_FRAGMENT)), 5 + 16384 + 2048);
      assert.equal(lengthOf(headerOf(23, MAXIMUM_FRAGMENT + 1)), 'too-long');
      assert.equal(lengthOf(headerOf(23, MAXIMUM_FRAGMENT_TLS13), MAXIMUM_FRAGMENT_TLS13), 5 + 16384 + 256);
      assert.equal(lengthOf(headerOf(23, MAXIMUM_FRAGMENT_TLS13 + 1), MAXIMUM_FRAGMENT_TLS13), 'too-long');
      assert.equal(lengthOf(headerOf(23, 0xffff)), 'too-long');
    });

    it('looks at nothing outside its bounds', () => {
      const bytes = Buffer.concat([Buffer.from('HTTP'), dataRecord('abc')]);
      assert.equal(recordLength(bytes, 4, bytes.length, MAXIMUM_FRAGMENT), 8);
      assert.equal(recordLength(bytes, 4, 8, MAXIMUM_FRAGMENT), 0);
      assert.equal(recordLength(bytes, 4, 4, MAXIMUM_FRAGMENT), 0);
    });
  });

  describe('wholeRecords', () => {
    const two = Buffer.concat([dataRecord('abc'), dataRecord('de')]);

    it('ends behind the last whole record', () => {
      for (let length = 0; length <= two.length; length += 1) {
        const end = length < 8 ? 0 : length < 15 ? 8 : 15;
        assert.deepEqual(whole(two.subarray(0, length)), { end, fault: null }, `${length} bytes`);
      }
    });

    it('begins where it is told to', () => {
      assert.deepEqual(whole(two, 8), { end: 15, fault: null });
      assert.deepEqual(whole(two, 15), { end: 15, fault: null });
    });

    it('stops before a fault and names it', () => {
      const mixed = (bytes: Uint8Array): Buffer => Buffer.concat([dataRecord('abc'), bytes]);
      assert.deepEqual(whole(mixed(Buffer.from('HTTP/1.1'))), { end: 8, fault: 'not-tls' });
      assert.deepEqual(whole(mixed(headerOf(23, 0xffff))), { end: 8, fault: 'too-long' });
    });
  });

  it('countRecords counts what lies between two ends', () => {
    const records = Buffer.concat([dataRecord('abc'), dataRecord(''), dataRecord('de')]);
    assert.equal(countRecords(records, 0, records.length), 3);
    assert.equal(countRecords(records, 8, 13), 1);
    assert.equal(countRecords(records, 8, 8), 0);
  });

  describe('handshakePortions', () => {
    const hello = handshakeRecord('hello');
    const more = handshakeRecord('more');
    const ccs = changeCipherSpec();
    const sealed = dataRecord('sealed');

    const portions = (...records: Uint8Array[]): string[] =>
      handshakePortions(Buffer.concat(records)).map((portion) => Buffer.from(portion).toString('hex'));
    const expected = (...pieces: Uint8Array[][]): string[] =>
      pieces.map((records) => Buffer.concat(records).toString('hex'));

    it('joins what runs in the clear and keeps sealed records apart', () => {
      assert.deepEqual(portions(hello, ccs, sealed, sealed), expected([hello, ccs], [sealed], [sealed]));
      assert.deepEqual(portions(hello, more), expected([hello, more]));
      assert.deepEqual(portions(sealed, hello, ccs), expected([sealed], [hello, ccs]));
    });

    it('gives an alert as a separate piece', () => {
      const alert = alertRecord(40);
      assert.deepEqual(portions(hello, alert, more), expected([hello], [alert], [more]));
    });

    it('makes nothing of nothing', () => {
      assert.deepEqual(handshakePortions(Buffer.alloc(0)), []);
    });
  });
});
