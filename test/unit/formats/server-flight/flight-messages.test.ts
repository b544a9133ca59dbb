import assert from 'node:assert/strict';
import {
  readAuthorities,
  readCertificates,
  readCertificates13,
  readServerKeyExchange,
  readStatus,
} from '#lib/formats/server-flight/flight-messages.js';
import { MalformedMessage } from '#lib/formats/tls-wire/byte-reader.js';
import { joined, uint16, uint8, vector } from '#lib/formats/tls-wire/vectors.js';

const [one, other] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
const plain = (bytes: readonly Uint8Array[]): number[][] => bytes.map((each) => [...each]);

describe('formats/server-flight/flight-messages', () => {
  it('reads the certificates of TLS 1.2', () => {
    assert.deepEqual(plain(readCertificates(vector(3, vector(3, one), vector(3, other)))), [[1, 2], [3]]);
    assert.throws(() => readCertificates(vector(3, vector(3))), MalformedMessage);
  });

  it('reads the certificates of TLS 1.3, and the staple of the first one', () => {
    const status = joined([uint16(5), vector(2, uint8(1), vector(3, Uint8Array.of(9, 9)))]);
    const body = joined([
      vector(1),
      vector(3, vector(3, one), vector(2, status), vector(3, other), vector(2)),
    ]);
    const { certificates, staple } = readCertificates13(body);
    assert.deepEqual(plain(certificates), [[1, 2], [3]]);
    assert.deepEqual(staple && [...staple], [9, 9]);
  });

  it('reads an OCSP response, and no other kind of status', () => {
    assert.deepEqual([...(readStatus(joined([uint8(1), vector(3, one)])) ?? [])], [1, 2]);
    assert.equal(readStatus(joined([uint8(2), vector(3, one)])), null);
  });

  it('reads the curve of ECDHE', () => {
    assert.deepEqual(readServerKeyExchange(joined([uint8(3), uint16(29)]), 'ECDHE', 0x0302), {
      group: 29,
      dhBits: null,
      scheme: null,
    });
    assert.equal(readServerKeyExchange(uint8(1), 'ECDHE', 0x0303).group, null);
  });

  it('reads the signature scheme of TLS 1.2', () => {
    const signature = [uint16(0x0804), vector(2, one)];
    const curve = joined([uint8(3), uint16(29), vector(1, one), ...signature]);
    assert.equal(readServerKeyExchange(curve, 'ECDHE', 0x0303).scheme, 0x0804);
    const prime = joined([vector(2, one), vector(2, one), vector(2, other), ...signature]);
    assert.equal(readServerKeyExchange(prime, 'DHE', 0x0303).scheme, 0x0804);
    assert.equal(readServerKeyExchange(prime, 'DH_anon', 0x0303).scheme, null);
    assert.throws(() => readServerKeyExchange(curve.subarray(0, 5), 'ECDHE', 0x0303), MalformedMessage);
  });

  it('counts the bits of the prime of DHE without the zeros before it', () => {
    const prime = (bytes: readonly number[]) =>
      readServerKeyExchange(vector(2, Uint8Array.from(bytes)), 'DHE', 0x0302).dhBits;
    assert.equal(prime([0x80, 0]), 16);
    assert.equal(prime([0, 0, 0x01, 0xff]), 9);
    assert.equal(prime([0, 0]), 0);
    assert.equal(readServerKeyExchange(vector(2, one), 'PSK', 0x0303).dhBits, null);
  });

  it('reads the authorities of a request for a certificate', () => {
    const names = vector(2, vector(2, one), vector(2, other));
    assert.equal(readAuthorities(joined([vector(1, uint8(1)), names]), 0x0302).length, 2);
    assert.equal(
      readAuthorities(joined([vector(1, uint8(1)), vector(2, uint16(0x0403)), names]), 0x0303).length,
      2,
    );
    const extensions = vector(2, uint16(13), vector(2), uint16(47), vector(2, names));
    assert.equal(readAuthorities(joined([vector(1), extensions]), 0x0304).length, 2);
    assert.equal(readAuthorities(joined([vector(1), vector(2)]), 0x0304).length, 0);
  });
});
