import assert from 'node:assert/strict';
import { defaultNames, treesFor } from '#lib/apps/dev-cert/names.js';
import { hostNames } from '#lib/formats/x509/alternative-names.js';

describe('apps/dev-cert/names', () => {
  it('are localhost, its addresses and this machine', () => {
    assert.deepEqual(defaultNames('PC-7'), ['localhost', '127.0.0.1', '::1', 'PC-7']);
  });

  it('leave out a machine whose name no certificate can have', () => {
    assert.deepEqual(defaultNames('my_machine!'), ['localhost', '127.0.0.1', '::1']);
  });

  it('permit what was asked for and what is private, and each network once', () => {
    const { dns, ip } = treesFor(
      hostNames(['*.bar.example', 'localhost', '10.1.2.3', '192.0.2.7', '2001:db8::7']),
    );
    assert.deepEqual(dns, ['localhost', 'test', 'internal', 'bar.example']);
    const own = ip.slice(-2).map((network) => Buffer.from(network).toString('hex'));
    assert.deepEqual(own, ['c0000207ffffffff', `20010db8${'0'.repeat(22)}07${'f'.repeat(32)}`]);
    assert.equal(ip.length, 10);
  });
});
