import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { toDerSignature } from '#lib/windows/key/sign-scheme.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('windows/key/sign-scheme', () => {
  for (const namedCurve of ['prime256v1', 'secp384r1', 'secp521r1']) {
    it(`verify as node:crypto verifies them, on ${namedCurve}`, () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
      const data = Buffer.from('signed');
      // Numbers with leading zeros and leading ones come by chance; some of each are in so many.
      for (let turn = 0; turn < 40; turn += 1) {
        const raw = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
        const der = toDerSignature(raw);
        assert.ok(verify('sha256', data, publicKey, der), hex(raw));
      }
    });
  }

  it('have the shortest numbers', () => {
    const raw = Buffer.from('0000007f' + '00000001', 'hex');
    assert.equal(hex(toDerSignature(raw)), '3006' + '02017f' + '020101');
  });

  it('have no negative numbers', () => {
    const raw = Buffer.from('00ff' + '8000', 'hex');
    assert.equal(hex(toDerSignature(raw)), '3009' + '020200ff' + '0203008000');
  });

  it('take the halves of 66 bytes of P-521, and a length of two bytes', () => {
    const raw = Buffer.concat([Buffer.alloc(66, 0x01), Buffer.alloc(66, 0x81)]);
    const der = toDerSignature(raw);
    assert.equal(hex(der.subarray(0, 6)), '308189' + '024201');
    assert.equal(hex(der.subarray(3 + 2 + 66, 3 + 2 + 66 + 4)), '02430081');
    assert.equal(der.length, 3 + 0x89);
  });

  it('have a zero for a zero', () => {
    assert.equal(hex(toDerSignature(Buffer.alloc(4))), '3006' + '020100' + '020100');
  });
});
