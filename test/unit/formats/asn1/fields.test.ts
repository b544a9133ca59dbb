import assert from 'node:assert/strict';
import * as der from '#lib/formats/asn1/der-writer.js';
import { type Element, readElement } from '#lib/formats/asn1/element.js';
import {
  bits,
  bmpString,
  count,
  explicit,
  magnitude,
  objectIdentifier,
  octets,
  positive,
  sequence,
} from '#lib/formats/asn1/fields.js';
import { callsOf } from '../../../support/calls.js';
import { codeOf } from '../../../support/key-material.js';

const of = (text: string): Element => readElement(Buffer.from(text, 'hex'));
const isRefused = (call: () => unknown): void => assert.equal(codeOf(call), 'ERR_SCHANNEL_IMPORT_DAMAGED');

describe('formats/asn1/fields', () => {
  it('reads identifiers', () => {
    assert.equal(objectIdentifier(of('06092a864886f70d010701'), 'x'), '1.2.840.113549.1.7.1');
    assert.equal(objectIdentifier(of('0609608648016503040201'), 'x'), '2.16.840.1.101.3.4.2.1');
    assert.equal(objectIdentifier(of('06032b0e03'), 'x'), '1.3.14.3');
    for (const bad of [
      '0600',
      '060186',
      '06028080',
      `0621${'01'.repeat(33)}`,
      '060a8fffffffffffffffff7f',
      '020101',
    ]) {
      isRefused(() => objectIdentifier(of(bad), 'x'));
    }
  });

  it('reads numbers from 0, and calls Infinity what is beyond exact ones', () => {
    assert.equal(count(of('020100'), 'x'), 0);
    assert.equal(count(of('020307a120'), 'x'), 500_000);
    assert.equal(count(of('02020080'), 'x'), 128);
    assert.equal(count(of(`0214${'7f'.repeat(20)}`), 'x'), Infinity);
    for (const bad of ['020180', '0200', '040101']) isRefused(() => count(of(bad), 'x'));
    isRefused(() => positive(of('020100'), 'x'));
  });

  it('reads the bytes of a number without leading zeros', () => {
    assert.deepEqual([...magnitude(of('020300ff01'), 'x')], [0xff, 0x01]);
    assert.deepEqual([...magnitude(of('020100'), 'x')], []);
  });

  it('puts together strings that come in pieces', () => {
    assert.deepEqual([...octets(of('24800401aa24030401bb0000'), 'x')], [0xaa, 0xbb]);
    isRefused(() => octets(of('2403020101'), 'x'));
    isRefused(() => octets(of('24052403020101'), 'x'));
  });

  it('copies a string once, however deep its pieces lie', () => {
    let string = Buffer.from('040401020304', 'hex');
    for (let level = 0; level < 40; level++) string = Buffer.concat([Buffer.of(0x24, string.length), string]);
    const element = readElement(string);
    const copies = callsOf(Buffer, 'concat', () => assert.deepEqual([...octets(element, 'x')], [1, 2, 3, 4]));
    assert.equal(copies.length, 1);
  });

  it('reads text in UTF-16', () => {
    assert.equal(bmpString(of('1e0400e4263a'), 'x'), 'ä☺');
    isRefused(() => bmpString(of('1e03006100'), 'x'));
  });

  it('reads bit strings of whole bytes', () => {
    assert.deepEqual([...bits(of('030200ff'), 'x')], [0xff]);
    isRefused(() => bits(of('030204f0'), 'x'));
  });

  it('says what belongs where something else stands', () => {
    assert.throws(
      () => sequence(of('020101'), 'a list of bags'),
      /something else where a list of bags belongs/,
    );
    isRefused(() => sequence(undefined, 'x'));
    isRefused(() => explicit(of('a000'), 0, 'x'));
    isRefused(() => explicit(of('a1020500'), 0, 'x'));
  });

  it('reads back what der writes', () => {
    for (const number of [0, 1, 127, 128, 255, 256, 600_000, 2 ** 31]) {
      assert.equal(count(readElement(der.integer(number)), 'x'), number);
    }
    for (const identifier of [
      '1.2.840.113549.1.12.10.1.2',
      '2.16.840.1.101.3.4.1.42',
      '1.3.6.1.4.1.311.17.1',
    ]) {
      assert.equal(objectIdentifier(readElement(der.objectIdentifier(identifier)), 'x'), identifier);
    }
    for (const size of [0, 127, 128, 255, 256, 65_536]) {
      assert.equal(octets(readElement(der.octetString(Buffer.alloc(size))), 'x').length, size);
    }
    assert.equal(bmpString(readElement(der.bmpString('Größe')), 'x'), 'Größe');
  });

  it('writes the parts of a SET in the order of their bytes', () => {
    const set = der.setOf(der.integer(5), der.octetString(Buffer.of(1)), der.integer(3));
    assert.equal(set.toString('hex'), '3109020103020105040101');
  });
});
