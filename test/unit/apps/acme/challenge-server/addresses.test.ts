import assert from 'node:assert/strict';
import {
  isPrivateAddress,
  isUnusableAddress,
  peerAddress,
  placeOf,
} from '#lib/apps/acme/challenge-server/addresses.js';

describe('apps/acme/challenge-server/addresses', () => {
  it('knows private addresses', () => {
    for (const address of ['10.255.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fd00::1', 'fc00::1'])
      assert.equal(isPrivateAddress(address), true, address);
    for (const address of ['9.9.9.9', '172.32.0.1', '192.169.0.1', '100.64.0.1', '2001:db8::1', '127.0.0.1'])
      assert.equal(isPrivateAddress(address), false, address);
  });

  it('knows addresses at which no other machine can be', () => {
    for (const address of [
      '0.0.0.0',
      '127.1.2.3',
      '169.254.169.254',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:10.0.0.1',
      '::7f00:1',
      '64:ff9b::a00:1',
      'fe80::1',
      'ff02::1',
    ])
      assert.equal(isUnusableAddress(address), true, address);
    for (const address of ['10.0.0.1', '9.9.9.9', '2001:db8::1', 'fd00::1'])
      assert.equal(isUnusableAddress(address), false, address);
  });

  it('takes an address of IPv4 and a network of IPv6 for one place', () => {
    assert.equal(peerAddress('::ffff:10.0.0.1'), '10.0.0.1');
    assert.equal(peerAddress('fd00::1'), 'fd00::1');
    assert.equal(peerAddress('fe80::1%eth0'), 'fe80::1');
    assert.equal(peerAddress(undefined), '');
    assert.equal(placeOf('10.0.0.1'), '10.0.0.1');
    assert.equal(placeOf('2001:db8::1'), placeOf('2001:db8:0:0:ffff::1'));
    assert.notEqual(placeOf('2001:db8::1'), placeOf('2001:db8:0:1::1'));
  });
});
