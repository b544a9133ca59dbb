import assert from 'node:assert/strict';
import { certificateOf } from '#lib/formats/x509/certificate-of.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';
import { holding, oddLeaf, UNREADABLE } from '../../../support/odd-leaf.js';

describe('formats/x509/certificate-of', () => {
  let root: TestCertificate;
  before(async () => {
    root = (await sharedRoot()).certificate;
  });

  it('reads DER', () => {
    assert.deepEqual(certificateOf(root.der).raw, Buffer.from(root.der));
    const shared = Buffer.concat([Buffer.alloc(3), root.der]);
    assert.deepEqual(certificateOf(shared.subarray(3)).raw, Buffer.from(root.der));
  });

  it('reads the bytes themselves, not PEM within them', () => {
    const { der } = oddLeaf(root, holding(root.cert));
    assert.deepEqual(certificateOf(der).raw, der);
  });

  it('ignores what follows the certificate', () => {
    for (const rest of ['\n', root.cert, 'more']) {
      const bytes = Buffer.concat([root.der, Buffer.from(rest)]);
      assert.deepEqual(certificateOf(bytes).raw, Buffer.from(root.der));
    }
  });

  it('throws for what OpenSSL cannot read, and for PEM', () => {
    const odd = Object.values(UNREADABLE).map((oddity) => oddLeaf(root, oddity).der);
    for (const bytes of [...odd, Buffer.from(root.cert), root.der.subarray(0, 60), Buffer.alloc(0)]) {
      assert.throws(() => certificateOf(bytes), Error);
    }
  });
});
