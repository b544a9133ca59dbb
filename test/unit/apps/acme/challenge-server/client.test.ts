import assert from 'node:assert/strict';
import { checkedClient, networksOf } from '#lib/apps/acme/challenge-server/client.js';

const SECRET = `scrypt1:${'A'.repeat(22)}:${'B'.repeat(43)}`;

describe('apps/acme/challenge-server/client', () => {
  it('reads what a client may do, nothing by default', () => {
    const client = checkedClient({ name: 'hulk', secret: SECRET });
    assert.deepEqual(
      [client.names.permits('a.example'), client.hosts.permits('a.example'), client.publicAddresses],
      [false, false, false],
    );
    assert.deepEqual(
      [client.certificate, client.subdomain, client.mayComeFrom('9.9.9.9')],
      [null, null, true],
    );
    const other = checkedClient({
      name: 'h',
      secret: SECRET,
      certificate: `${'AB:'.repeat(31)}AB`,
      subdomain: 's-1',
    });
    assert.deepEqual([other.certificate, other.subdomain], ['ab'.repeat(32), 's-1']);
  });

  it('reads networks', () => {
    const { mayComeFrom } = checkedClient({
      name: 'h',
      secret: SECRET,
      networks: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'],
    });
    for (const address of ['10.1.2.3', '192.0.2.7', 'fd00::1'])
      assert.equal(mayComeFrom(address), true, address);
    for (const address of ['11.0.0.1', '192.0.2.8', 'fe80::1', '', 'x'])
      assert.equal(mayComeFrom(address), false, address);
    assert.equal(networksOf([])('10.0.0.1'), false);
    assert.equal(networksOf(['::/0'])('10.0.0.1'), false);
  });

  for (const [what, more] of [
    ['a name with a colon', { name: 'a:b' }],
    ['no name', { name: undefined }],
    ['a secret in the clear', { secret: 'in the clear' }],
    ['a member that is misspelt', { network: ['10.0.0.0/8'] }],
    ['names that are no list', { names: 'bar.example' }],
    ['a network of 33 bits', { networks: ['10.0.0.0/33'] }],
    ['a network with a zone', { networks: ['fe80::1%eth0/64'] }],
    ['a network that is a name', { networks: ['bar.example'] }],
    ['a certificate that is neither', { certificate: 'abc' }],
    ['a subdomain of two labels', { subdomain: 'a.b' }],
    ['a subdomain in capitals', { subdomain: 'A' }],
    ['public addresses as a text', { publicAddresses: 'no' }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => checkedClient({ name: 'hulk', secret: SECRET, ...more }),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
          assert.doesNotMatch(error.message, /in the clear/);
          return true;
        },
      );
    });
  }

  it('refuses what is no object', () => {
    for (const value of [null, 'hulk', []])
      assert.throws(() => checkedClient(value), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
