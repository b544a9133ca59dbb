import assert from 'node:assert/strict';
import { namesOf } from '#lib/apps/policy-check/machine.js';
import { sharedRoot } from '../../../support/certificates.js';

describe('apps/policy-check/machine', () => {
  it('tells roots from what other authorities have issued, and counts the bytes of names', async () => {
    const root = await sharedRoot('CN=Foo');
    // SEQUENCE, SET, SEQUENCE, OBJECT IDENTIFIER 2.5.4.3, and a string of three letters.
    assert.deepEqual(namesOf(root.certificate.der), { selfIssued: true, nameLength: 2 + 2 + 2 + 5 + 2 + 3 });
    const middle = await root.issue({ subject: 'CN=Quux', authority: {} });
    assert.deepEqual(namesOf(middle.der), { selfIssued: false, nameLength: 2 + 2 + 2 + 5 + 2 + 4 });
  });
});
