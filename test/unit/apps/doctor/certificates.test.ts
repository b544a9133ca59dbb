import assert from 'node:assert/strict';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { makeIdentity } from '#lib/apps/doctor/certificates.js';
import { isOurs } from '#lib/apps/doctor/names.js';

describe('apps/doctor/certificates', () => {
  for (const kind of ['rsa', 'ec'] as const) {
    it(`makes a chain of ${kind} keys`, () => {
      const root = makeIdentity(kind, { isAuthority: true });
      const middle = makeIdentity(kind, { issuer: root, isAuthority: true });
      const leaf = makeIdentity(kind, { issuer: middle });
      const [top, between, end] = [root, middle, leaf].map(({ cert }) => new X509Certificate(cert));
      assert.ok(top && between && end);
      assert.ok(top.verify(top.publicKey) && between.verify(top.publicKey) && end.verify(between.publicKey));
      assert.ok(between.checkIssued(top) && end.checkIssued(between));
      assert.deepEqual([top.ca, between.ca, end.ca], [true, true, false]);
      assert.equal(end.checkHost('localhost'), 'localhost');
      assert.ok(end.checkPrivateKey(leaf.key));
      assert.equal(end.subject, `CN=${leaf.name}`);
      assert.ok(isOurs(leaf.name));
    });
  }

  it('identifies keys by their bits (RFC 5280, method 1)', () => {
    const { der, key } = makeIdentity('ec');
    const point = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-65);
    const identifier = createHash('sha1').update(point).digest();
    assert.ok(der.includes(Buffer.concat([Buffer.from([0x04, 0x14]), identifier])));
  });

  it('makes one that has expired, and one that does not name its key', () => {
    assert.ok(Date.parse(new X509Certificate(makeIdentity('ec', { days: -1 }).cert).validTo) < Date.now());
    const identifier = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0e]);
    assert.ok(makeIdentity('ec').der.includes(identifier));
    assert.ok(!makeIdentity('ec', { keyIdentifier: false }).der.includes(identifier));
  });
});
