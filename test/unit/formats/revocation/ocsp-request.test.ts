import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import * as der from '#lib/formats/asn1/der-writer.js';
import { MalformedDer } from '#lib/formats/asn1/der-spans.js';
import { MOST_QUESTIONS, OCSP_NONCE, readOcspRequest } from '#lib/formats/revocation/ocsp-request.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { signingAuthority } from '../../../support/signing-authority.js';

const SHA1 = der.sequence(der.objectIdentifier('1.3.14.3.2.26'), der.nothing());
const id = (serial: number, algorithm = SHA1): Buffer =>
  der.sequence(
    algorithm,
    der.octetString(Buffer.alloc(20, 1)),
    der.octetString(Buffer.alloc(20, 2)),
    der.integer(serial),
  );
const requestOf = (ids: readonly Buffer[], ...extensions: readonly Buffer[]): Buffer =>
  der.sequence(der.sequence(der.sequenceOf(ids.map((each) => der.sequence(each))), ...extensions));
const nonce = (value: Buffer): Buffer =>
  der.tagged(2, der.sequence(der.sequence(der.objectIdentifier(OCSP_NONCE), der.octetString(value))));

describe('formats/revocation/ocsp-request', () => {
  it('reads what OpenSSL asks', async function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    try {
      const { certificate, leaf, name } = await signingAuthority('P-256');
      openssl.write('ca.pem', certificate);
      openssl.write('leaf.pem', leaf.certificate);
      openssl.run(
        ...['ocsp', '-issuer', 'ca.pem', '-cert', 'leaf.pem', '-serial', '0x7f'],
        ...['-reqout', 'request.der'],
      );
      const { questions, nonce } = readOcspRequest(openssl.read('request.der'));
      assert.deepEqual(
        questions.map(({ hash, serialNumber }) => [hash, Buffer.from(serialNumber).toString('hex')]),
        [
          ['sha1', leaf.serialNumber.toString('hex')],
          ['sha1', '7f'],
        ],
      );
      const issuerName = createHash('sha1').update(name).digest();
      assert.deepEqual(Buffer.from(questions[0]?.issuerNameHash ?? []), issuerName);
      assert.equal(questions[0]?.issuerKeyHash.length, 20);
      assert.ok(nonce !== null && nonce.length > 2);
      assert.ok(new X509Certificate(certificate));
    } finally {
      openssl.remove();
    }
  });

  it('reads a request without a nonce, and of an unknown hash', () => {
    const md5 = der.sequence(der.objectIdentifier('1.2.840.113549.2.5'), der.nothing());
    const { questions, nonce } = readOcspRequest(requestOf([id(5, md5)]));
    assert.equal(questions[0]?.hash, null);
    assert.equal(nonce, null);
  });

  it('skips the version, the requestor and other extensions', () => {
    const name = der.tagged(1, der.tagged(4, der.sequence()));
    const other = der.tagged(
      2,
      der.sequence(
        der.sequence(der.objectIdentifier('1.3.6.1.5.5.7.48.1.4'), der.octetString(Buffer.of(5, 0))),
      ),
    );
    const list = der.sequence(der.sequence(id(5)));
    const request = der.sequence(der.sequence(der.tagged(0, der.integer(0)), name, list, other));
    assert.equal(readOcspRequest(request).questions.length, 1);
    assert.equal(readOcspRequest(request).nonce, null);
  });

  it(`reads ${MOST_QUESTIONS} questions and no more`, () => {
    const ids = Array.from({ length: MOST_QUESTIONS }, (_, index) => id(index));
    assert.equal(readOcspRequest(requestOf(ids)).questions.length, MOST_QUESTIONS);
    assert.throws(() => readOcspRequest(requestOf([...ids, id(99)])), MalformedDer);
  });

  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['no question', requestOf([])],
    ['bytes after the request', Buffer.concat([requestOf([id(1)]), Buffer.of(0)])],
    ['an empty nonce', requestOf([id(1)], nonce(Buffer.alloc(0)))],
    ['a nonce that is too long', requestOf([id(1)], nonce(Buffer.alloc(132)))],
    ['a request that is too long', requestOf([id(1)], nonce(Buffer.alloc(5000)))],
    ['deep nesting', Buffer.alloc(4000, Buffer.of(0x30, 0x80))],
    [
      'a CertID with a part too many',
      requestOf([
        der.sequence(
          SHA1,
          der.octetString(Buffer.of(1)),
          der.octetString(Buffer.of(1)),
          der.integer(1),
          der.integer(1),
        ),
      ]),
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readOcspRequest(bytes), MalformedDer);
    });
  }

  it('reads or refuses every cut and every changed byte of a request', () => {
    const whole = requestOf([id(1), id(2)], nonce(der.octetString(Buffer.alloc(16, 7))));
    for (let at = 0; at < whole.length; at += 1) {
      assert.throws(() => readOcspRequest(whole.subarray(0, at)), MalformedDer);
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ bits;
        try {
          assert.ok(readOcspRequest(changed).questions.length > 0);
        } catch (error) {
          assert.ok(error instanceof MalformedDer, String(error));
        }
      }
    }
  });
});
