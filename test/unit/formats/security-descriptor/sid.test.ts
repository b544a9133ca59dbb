import assert from 'node:assert/strict';
import {
  applicationPoolSid,
  isSidText,
  readSid,
  serviceSid,
  writeSid,
} from '#lib/formats/security-descriptor/sid.js';
import { MalformedSecurity } from '#lib/formats/security-descriptor/malformed.js';

describe('formats/security-descriptor/sid', () => {
  const NETWORK_SERVICE = Buffer.from('010100000000000514000000', 'hex');
  const USER = Buffer.from('010500000000000515000000010000000200000003000000e9030000', 'hex');

  it('reads and writes identifiers as Windows keeps them', () => {
    assert.equal(readSid(NETWORK_SERVICE), 'S-1-5-20');
    assert.equal(readSid(USER), 'S-1-5-21-1-2-3-1001');
    assert.deepEqual(writeSid('S-1-5-20'), NETWORK_SERVICE);
    assert.deepEqual(writeSid('s-1-5-21-1-2-3-1001'), USER);
  });

  it('writes an authority above 32 bits in hex', () => {
    const text = 'S-1-0x123456789ABC-1';
    assert.equal(readSid(writeSid(text)), text);
  });

  it('reads only as far as the identifier goes', () => {
    assert.equal(readSid(Buffer.concat([NETWORK_SERVICE, Buffer.from('rest')])), 'S-1-5-20');
  });

  for (const [title, hex] of [
    ['is cut short', '01010000000000051400'],
    ['has another revision', '020100000000000514000000'],
    ['has more parts than are allowed', `0110000000000005${'00000000'.repeat(16)}`],
    ['is empty', ''],
  ] as const) {
    it(`refuses bytes when the identifier ${title}`, () => {
      assert.throws(() => readSid(Buffer.from(hex, 'hex')), MalformedSecurity);
    });
  }

  for (const text of [
    '',
    'S-1',
    'S-1-5',
    'S-2-5-20',
    'S-1-5-4294967296',
    'S-1-5-x',
    `S-1-5${'-1'.repeat(16)}`,
  ]) {
    it(`refuses the text "${text}"`, () => {
      assert.throws(() => writeSid(text), MalformedSecurity);
    });
  }

  it('tells identifiers from names', () => {
    assert.equal(isSidText('S-1-5-18'), true);
    assert.equal(isSidText('S-1-5-18\\x'), false);
  });

  it('computes the identifiers of services and application pools', () => {
    // Both are the same on every Windows: those of TrustedInstaller and of the pool that IIS comes with.
    const trustedInstaller = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';
    const defaultPool = 'S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415';
    assert.equal(serviceSid('TrustedInstaller'), trustedInstaller);
    assert.equal(applicationPoolSid('DefaultAppPool'), defaultPool);
  });
});
