import assert from 'node:assert/strict';
import { addressOctets, networkOctets } from '#lib/formats/x509/ip-address.js';

const hex = (octets: Uint8Array | null): string | null =>
  octets === null ? null : Buffer.from(octets).toString('hex');

describe('formats/x509/ip-address', () => {
  for (const [text, octets] of [
    ['192.0.2.1', 'c0000201'],
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['2001:db8::a:b', '20010db8000000000000000000' + '0a000b'],
    ['fe80:1:2:3:4:5:6:7', 'fe800001000200030004000500060007'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['256.1.1.1', null],
    ['bar.example', null],
  ] as const) {
    it(`has the octets of ${text}`, () => assert.equal(hex(addressOctets(text)), octets));
  }

  for (const [text, octets] of [
    ['10.1.2.3/8', '0a000000ff000000'],
    ['172.16.0.0/12', 'ac100000fff00000'],
    ['192.0.2.1', 'c0000201ffffffff'],
    ['0.0.0.0/0', '0000000000000000'],
    ['fc00::/7', `fc${'00'.repeat(15)}fe${'00'.repeat(15)}`],
    ['10.0.0.0/33', null],
    ['10.0.0.0/', null],
    ['/8', null],
  ] as const) {
    it(`has the network of ${text}`, () => assert.equal(hex(networkOctets(text)), octets));
  }
});
