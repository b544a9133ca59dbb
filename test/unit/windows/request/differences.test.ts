import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { requestedExtensions, signRequest } from '#lib/formats/request/request-writer.js';
import type { CertificateRequest } from '#lib/formats/request/certificate-request.js';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import { parseSubject } from '#lib/formats/x509/subject.js';
import { EXTENDED_KEY_USAGES } from '#lib/formats/x509/usages.js';
import { differencesOf } from '#lib/windows/request/differences.js';
import { type CertificateOptions, selfSigned } from '../../../support/certificates.js';
import { memorySigner } from '../../../support/memory-signer.js';

describe('windows/request/differences', () => {
  let request: CertificateRequest;
  before(async () => {
    const fields = {
      names: alternativeNames({ dns: ['a.example', 'b.example'], ip: ['192.0.2.1'] }),
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      extendedKeyUsage: [EXTENDED_KEY_USAGES.serverAuth],
      template: null,
    } as const;
    const content = { subject: parseSubject('CN=a.example'), extensions: requestedExtensions(fields, true) };
    request = readRequest(await signRequest(content, memorySigner('P-256')));
  });

  const GOOD: CertificateOptions = {
    subject: 'CN=a.example',
    altNames: ['DNS:b.example', 'DNS:a.example', 'IP:192.0.2.1'],
    usages: ['serverAuth'],
  };
  const meanings = async (options: CertificateOptions): Promise<readonly string[]> => {
    const { der } = await selfSigned({ ...GOOD, ...options });
    return differencesOf(request, new X509Certificate(der)).map(({ meaning }) => meaning);
  };

  it('finds none in what was asked for, in any order', async () => {
    assert.deepEqual(await meanings({}), []);
  });

  it('names what is missing and what was added', async () => {
    assert.deepEqual(await meanings({ altNames: ['DNS:a.example', 'DNS:c.example'] }), [
      'It lacks the name b.example, 192.0.2.1. It also has the name c.example.',
    ]);
    assert.deepEqual(await meanings({ subject: 'CN=a.example, O=Added' }), [
      'The subject is not the one that was asked for.',
    ]);
    assert.deepEqual(await meanings({ usages: ['clientAuth'] }), [
      'It lacks the purpose serverAuth. It also has the purpose clientAuth.',
    ]);
    assert.deepEqual(await meanings({ authority: {} }), [
      'It lacks the key usage keyEncipherment. It also has the key usage keyCertSign, cRLSign.',
      'It is the certificate of an authority, which was not asked for.',
    ]);
  });

  it('takes no purposes for all purposes', async () => {
    assert.deepEqual(await meanings({ usages: [] }), []);
  });
});
