import assert from 'node:assert/strict';
import { targetName } from '#lib/tls/socket/client-options.js';

describe('tls/socket/client-options', () => {
  it('is the name that is sent', () => {
    assert.equal(targetName('name.example', 'host.example'), 'name.example');
    assert.equal(targetName('name.example', '192.0.2.1'), 'name.example');
  });

  it('is the address where no name is sent, which sets sessions of one address apart from others', () => {
    assert.equal(targetName('', '192.0.2.1'), '192.0.2.1');
    assert.equal(targetName('', '2001:db8::1'), '2001:db8::1');
  });

  it('has no zone: nothing that might be taken for a name', () => {
    assert.equal(targetName('', 'fe80::1%eth0'), 'fe80::1');
  });

  it('is nothing where the caller sends no name', () => {
    assert.equal(targetName('', 'host.example'), '');
    assert.equal(targetName('', 'localhost'), '');
    assert.equal(targetName('', ''), '');
  });
});
