import assert from 'node:assert/strict';
import { addressList } from '#lib/adapters/proxy/address-list.js';

describe('adapters/proxy/address-list', () => {
  it('finds addresses and networks of both families', () => {
    const isListed = addressList(['10.1.0.0/16', '192.0.2.7', 'fd00::/8', '2001:db8::7']);
    for (const address of [
      '10.1.255.1',
      '192.0.2.7',
      '::ffff:10.1.2.3',
      'fd12::1',
      '2001:db8::7',
      'fd00::1%eth0',
    ]) {
      assert.equal(isListed(address), true, address);
    }
    for (const address of [
      '10.2.0.1',
      '192.0.2.8',
      '::ffff:10.2.0.1',
      'fe80::1',
      '2001:db8::8',
      '',
      'x',
      undefined,
    ]) {
      assert.equal(isListed(address), false, String(address));
    }
  });

  it('finds any address in the network of all, and none in an empty list', () => {
    const isListed = addressList(['0.0.0.0/0', '::/0']);
    assert.deepEqual(['192.0.2.1', '::1', undefined].map(isListed), [true, true, false]);
    assert.equal(addressList([])('192.0.2.1'), false);
  });

  for (const wrong of [
    'localhost',
    '10.0.0.0/33',
    '10.0.0/8',
    '::/129',
    '10.0.0.1/',
    '10.0.0.1/-1',
    '',
    'fe80::1%1',
    7,
  ]) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => addressList([wrong as string]), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
