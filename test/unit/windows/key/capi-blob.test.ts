import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fromCapiBlob } from '#lib/windows/key/capi-blob.js';
import { toCapiBlob } from '#lib/formats/private-key/windows-blobs.js';
import { privateKeyBlob } from '../../../support/key-blob.js';
import { codeOf } from '../../../support/key-material.js';

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;

/** All of a key: KeyObject.equals() compares public halves. */
const bytesOf = (key: KeyObject): Buffer => key.export({ type: 'pkcs1', format: 'der' });

describe('windows/key/capi-blob', () => {
  const key = rsa(1024);

  it('are those that went in', () => {
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    assert.deepEqual(bytesOf(fromCapiBlob(privateKeyBlob(pem))), bytesOf(key));
  });

  it('may have a length that is no multiple of sixteen', () => {
    const odd = rsa(1032);
    assert.deepEqual(bytesOf(fromCapiBlob(toCapiBlob(odd))), bytesOf(odd));
  });

  it('leave the blob to the caller', () => {
    const blob = toCapiBlob(key);
    const copy = Buffer.from(blob);
    fromCapiBlob(blob);
    assert.deepEqual(blob, copy);
  });

  it('are refused when cut, wherever', () => {
    const blob = toCapiBlob(key);
    for (let length = 0; length < blob.length; length += 7) {
      assert.equal(
        codeOf(() => fromCapiBlob(blob.subarray(0, length))),
        'ERR_SCHANNEL_IMPORT_DAMAGED',
      );
    }
  });

  it('are refused when they are no RSA keys', () => {
    const blob = toCapiBlob(key);
    blob.write('DSS2', 8, 'latin1');
    assert.equal(
      codeOf(() => fromCapiBlob(blob)),
      'ERR_SCHANNEL_IMPORT_DAMAGED',
    );
  });
});
