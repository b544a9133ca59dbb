import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import {
  bitString,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  sequenceOf,
  setOf,
  tagged,
  utf8String,
} from '#lib/formats/asn1/der-writer.js';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { selfSigned } from '../../../support/certificates.js';
import { memorySigner } from '../../../support/memory-signer.js';
import {
  asking,
  attribute,
  EXTENSION_REQUEST,
  extensionOf,
  namesOf,
  number,
  requestOf,
  type RequestPieces,
  RSA_SHA256,
  rsaKeyOf,
  spkiOf,
} from '../../../support/request-builder.js';

const DAMAGED = 'ERR_SCHANNEL_REQUEST_DAMAGED';
const KEY = 'ERR_SCHANNEL_REQUEST_KEY';
const SIGNATURE = 'ERR_SCHANNEL_REQUEST_SIGNATURE';
const UNSUPPORTED = 'ERR_SCHANNEL_REQUEST_UNSUPPORTED';

const P256 = '1.2.840.10045.3.1.7';
const EC = '1.2.840.10045.2.1';
const TRUE = Buffer.of(0x01, 0x01, 0xff);

const ecKey = (curve: Uint8Array, point: Uint8Array): Buffer =>
  sequence(sequence(objectIdentifier(EC), curve), bitString(point));
const point = (): Buffer => Buffer.from(spkiOf(memorySigner('P-256').publicKey).subarray(-65));
/** An odd number of this many bits. */
const modulus = (bits: number): Buffer => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  bytes[0] = 0xff >> (bytes.length * 8 - bits);
  return bytes.readUInt8(0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
};
const E = Buffer.of(1, 0, 1);
const names = (tag: number, content: Uint8Array | string): RequestPieces => ({
  attributes: asking(namesOf([tag, content])),
});
const pss = (digest: string, mask: string, salt: Uint8Array): Buffer =>
  sequence(
    objectIdentifier('1.2.840.113549.1.1.10'),
    sequence(
      tagged(0, sequence(objectIdentifier(digest), nothing())),
      tagged(1, sequence(objectIdentifier('1.2.840.113549.1.1.8'), sequence(objectIdentifier(mask)))),
      tagged(2, salt),
    ),
  );
const SHA1 = '1.3.14.3.2.26';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const SHA512 = '2.16.840.1.101.3.4.2.3';

/** What is wrong, the code, part of the message, and the request. */
const CASES: readonly (readonly [what: string, code: string, message: RegExp, request: RequestPieces])[] = [
  // its form
  ['version 1', DAMAGED, /unknown version/, { version: integer(1) }],
  ['a long version', DAMAGED, /unknown version/, { version: number(Buffer.of(1, 0)) }],
  ['no number as version', DAMAGED, /no certificate request/, { version: nothing() }],
  ['a subject that is a SET', DAMAGED, /no certificate request/, { subject: setOf() }],
  ['attributes under another tag', DAMAGED, /no certificate request/, { attributes: tagged(1) }],
  ['a field behind the attributes', DAMAGED, /no certificate request/, { more: [integer(1)] }],
  ['a subject in pieces', DAMAGED, /in pieces/, { subject: sequence(Buffer.from('2403040100', 'hex')) }],
  ['a number with a needless zero', DAMAGED, /number/, { version: number(Buffer.of(0, 0)) }],
  [
    'a subject with thousands of parts',
    DAMAGED,
    /too many parts/,
    { subject: sequenceOf(Array.from({ length: 5000 }, () => nothing())) },
  ],
  [
    'a subject that is nested deeply',
    DAMAGED,
    /nested/,
    { subject: Array.from({ length: 40 }).reduce<Buffer>((inner) => sequence(inner), nothing()) },
  ],
  // its key
  ['an RSA key of 1024 bits', KEY, /1024 bits, and 2048/, { key: rsaKeyOf(modulus(1024), E) }],
  ['an RSA key of 2047 bits', KEY, /2047 bits, and 2048/, { key: rsaKeyOf(modulus(2047), E) }],
  ['an RSA key of 16392 bits', KEY, /16392 bits, and 16384/, { key: rsaKeyOf(modulus(16_392), E) }],
  [
    'an RSA key with an even modulus',
    KEY,
    /even modulus/,
    { key: rsaKeyOf(Buffer.concat([modulus(2048).subarray(0, -1), Buffer.of(0xfe)]), E) },
  ],
  [
    'a negative modulus',
    KEY,
    /0 bits/,
    { key: rsaKeyOf(Buffer.concat([Buffer.of(0x80), modulus(2040)]), E) },
  ],
  ['the exponent 1', KEY, /exponent that is 1/, { key: rsaKeyOf(modulus(2048), Buffer.of(1)) }],
  ['the exponent 0', KEY, /exponent that is 1/, { key: rsaKeyOf(modulus(2048), Buffer.of(0)) }],
  ['an even exponent', KEY, /even/, { key: rsaKeyOf(modulus(2048), Buffer.of(1, 0, 0)) }],
  ['a negative exponent', KEY, /negative/, { key: rsaKeyOf(modulus(2048), Buffer.of(0x81)) }],
  ['an exponent of 2048 bits', KEY, /64 bits/, { key: rsaKeyOf(modulus(2048), modulus(2048)) }],
  [
    'an RSA key without an exponent',
    DAMAGED,
    /numbers of its RSA key/,
    {
      key: sequence(
        sequence(objectIdentifier('1.2.840.113549.1.1.1'), nothing()),
        bitString(sequence(number(modulus(2048)))),
      ),
    },
  ],
  [
    'an RSA key with parameters',
    DAMAGED,
    /RSA key with parameters/,
    {
      key: sequence(
        sequence(objectIdentifier('1.2.840.113549.1.1.1'), integer(1)),
        bitString(Buffer.of(0x30, 0)),
      ),
    },
  ],
  [
    'a curve that is spelled out',
    UNSUPPORTED,
    /given by its numbers/,
    { key: ecKey(sequence(integer(1)), point()) },
  ],
  [
    'a curve that Windows does not use',
    UNSUPPORTED,
    /1\.3\.132\.0\.10/,
    { key: ecKey(objectIdentifier('1.3.132.0.10'), point()) },
  ],
  [
    'a key of Ed25519',
    UNSUPPORTED,
    /1\.3\.101\.112/,
    { key: sequence(sequence(objectIdentifier('1.3.101.112')), bitString(Buffer.alloc(32, 1))) },
  ],
  [
    'a compressed point',
    UNSUPPORTED,
    /compressed/,
    { key: ecKey(objectIdentifier(P256), Buffer.concat([Buffer.of(2), point().subarray(1, 33)])) },
  ],
  [
    'a point that is not on the curve',
    KEY,
    /does not accept/,
    { key: ecKey(objectIdentifier(P256), Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)])) },
  ],
  [
    'a point of another length',
    KEY,
    /not on its curve/,
    { key: ecKey(objectIdentifier(P256), point().subarray(0, 64)) },
  ],
  ['the point at infinity', KEY, /not on its curve/, { key: ecKey(objectIdentifier(P256), Buffer.of(0)) }],
  [
    'a key in loose bits',
    DAMAGED,
    /whole bytes/,
    {
      key: sequence(
        sequence(objectIdentifier(EC), objectIdentifier(P256)),
        Buffer.concat([Buffer.of(3, 66, 4), point()]),
      ),
    },
  ],
  ['no key', DAMAGED, /public key belongs/, { key: sequence() }],
  // its signature
  [
    'the signature of another key',
    SIGNATURE,
    /own key/,
    { signer: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
  ],
  ['an empty signature', SIGNATURE, /own key/, { signature: bitString(Buffer.alloc(0)) }],
  ['a signature of zeros', SIGNATURE, /own key/, { signature: bitString(sequence(integer(0), integer(0))) }],
  ['a signature that is no DER', SIGNATURE, /own key/, { signature: bitString(Buffer.alloc(70, 0xff)) }],
  ['the algorithm of another kind of key', SIGNATURE, /own key/, { algorithm: RSA_SHA256 }],
  [
    'another digest than was signed',
    SIGNATURE,
    /own key/,
    { algorithm: sequence(objectIdentifier('1.2.840.10045.4.3.3')) },
  ],
  [
    'a signature with SHA-1',
    UNSUPPORTED,
    /SHA-1/,
    { algorithm: sequence(objectIdentifier('1.2.840.10045.4.1')), digest: 'sha1' },
  ],
  [
    'a signature with MD5',
    UNSUPPORTED,
    /MD5/,
    { algorithm: sequence(objectIdentifier('1.2.840.113549.1.1.4'), nothing()) },
  ],
  ['an unknown algorithm', UNSUPPORTED, /1\.2\.3\.4/, { algorithm: sequence(objectIdentifier('1.2.3.4')) }],
  [
    'an algorithm with parameters',
    DAMAGED,
    /with parameters/,
    { algorithm: sequence(objectIdentifier('1.2.840.10045.4.3.2'), octetString(Buffer.alloc(9))) },
  ],
  ['no algorithm', DAMAGED, /no algorithm/, { algorithm: sequence() }],
  ['a signature in loose bits', DAMAGED, /whole bytes/, { signature: Buffer.of(3, 2, 4, 0xf0) }],
  [
    'PSS without parameters',
    UNSUPPORTED,
    /PSS/,
    { algorithm: sequence(objectIdentifier('1.2.840.113549.1.1.10')) },
  ],
  ['PSS with SHA-1', UNSUPPORTED, /SHA-2/, { algorithm: pss(SHA1, SHA1, integer(20)) }],
  ['PSS whose mask has another digest', UNSUPPORTED, /mask/, { algorithm: pss(SHA256, SHA512, integer(32)) }],
  ['PSS with a huge salt', UNSUPPORTED, /salt/, { algorithm: pss(SHA256, SHA256, integer(70_000)) }],
  // what it asks for
  [
    'its extensions twice',
    DAMAGED,
    /twice/,
    {
      attributes: tagged(
        0,
        attribute(EXTENSION_REQUEST, sequence()),
        attribute('1.3.6.1.4.1.311.2.1.14', sequence()),
      ),
    },
  ],
  [
    'two sets of extensions in one attribute',
    DAMAGED,
    /exactly one/,
    {
      attributes: tagged(
        0,
        attribute(EXTENSION_REQUEST, sequence(), sequence(extensionOf('1.2.3', nothing()))),
      ),
    },
  ],
  [
    'an attribute without a value',
    DAMAGED,
    /exactly one/,
    { attributes: tagged(0, attribute(EXTENSION_REQUEST)) },
  ],
  ['an attribute that is none', DAMAGED, /attributes/, { attributes: tagged(0, integer(1)) }],
  [
    'two passwords',
    DAMAGED,
    /two passwords/,
    {
      attributes: tagged(
        0,
        attribute('1.2.840.113549.1.9.7', utf8String('a')),
        attribute('1.2.840.113549.1.9.7', utf8String('b')),
      ),
    },
  ],
  [
    'an extension twice',
    DAMAGED,
    /2\.5\.29\.17 twice/,
    { attributes: asking(namesOf([0x82, 'a.example']), namesOf([0x82, 'b.example'])) },
  ],
  [
    'an extension without a value',
    DAMAGED,
    /an extension belongs/,
    { attributes: asking(sequence(objectIdentifier('1.2.3'))) },
  ],
  [
    'an extension with a fourth part',
    DAMAGED,
    /an extension belongs/,
    { attributes: asking(sequence(objectIdentifier('1.2.3'), TRUE, TRUE, octetString(nothing()))) },
  ],
  [
    'an extension whose criticality is a number',
    DAMAGED,
    /an extension belongs/,
    { attributes: asking(extensionOf('1.2.3', nothing(), integer(1))) },
  ],
  [
    'names that do not end',
    DAMAGED,
    /alternative names/,
    { attributes: asking(extensionOf('2.5.29.17', Buffer.of(0x30, 5, 0x82, 1))) },
  ],
  [
    'something behind the names',
    DAMAGED,
    /behind/,
    { attributes: asking(extensionOf('2.5.29.17', Buffer.concat([sequence(), nothing()]))) },
  ],
  [
    'purposes that are no identifiers',
    DAMAGED,
    /purposes/,
    { attributes: asking(extensionOf('2.5.29.37', Buffer.of(0x30, 2, 6, 9))) },
  ],
  ['a host name with a NUL', DAMAGED, /not valid/, names(0x82, 'bar.example\0.evil.example')],
  ['a host name with a blank', DAMAGED, /not valid/, names(0x82, 'bar example')],
  ['a host name with a line end', DAMAGED, /'a\.example \/ b'/, names(0x82, 'a.example\nb')],
  ['a host name with percent signs', DAMAGED, /not valid/, names(0x82, 'b%61r.example')],
  ['a host name in Latin-1', DAMAGED, /not valid/, names(0x82, Buffer.from('b\xfccher.example', 'latin1'))],
  ['a host name in wide letters', DAMAGED, /not valid/, names(0x82, 'ｂar.example')],
  ['a wildcard within a name', DAMAGED, /not valid/, names(0x82, 'a.*.example')],
  ['a name that is only a wildcard', DAMAGED, /not valid/, names(0x82, '*')],
  ['an empty host name', DAMAGED, /not valid/, names(0x82, '')],
  ['a host name with a final dot', DAMAGED, /not valid/, names(0x82, 'bar.example.')],
  ['an address as a host name', DAMAGED, /not valid/, names(0x82, '192.0.2.1')],
  ['an address in one number', DAMAGED, /not valid/, names(0x82, '3221225985')],
  ['an address of five bytes', DAMAGED, /5 bytes/, names(0x87, Buffer.alloc(5))],
  ['an address with a mask', DAMAGED, /8 bytes/, names(0x87, Buffer.alloc(8))],
  ['an e-mail address without a host', DAMAGED, /not valid/, names(0x81, 'anna')],
  ['an e-mail address with a line end', DAMAGED, /not valid/, names(0x81, 'anna@bar.example\r\nBcc: x')],
  ['a URI with a blank', DAMAGED, /not valid/, names(0x86, 'no uri')],
  [
    'an account without a domain',
    DAMAGED,
    /not valid/,
    {
      attributes: asking(
        extensionOf(
          '2.5.29.17',
          sequence(tagged(0, objectIdentifier('1.3.6.1.4.1.311.20.2.3'), tagged(0, utf8String('anna')))),
        ),
      ),
    },
  ],
];

describe('formats/request/request-reader', () => {
  for (const [what, code, message, pieces] of CASES) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readRequest(requestOf(pieces)), { code, message });
    });
  }

  it('accepts what these cases start from', () => {
    assert.equal(readRequest(requestOf()).subject, 'CN=bar.example');
    assert.equal(readRequest(requestOf({ attributes: null })).subject, 'CN=bar.example');
    const { publicKey, privateKey } = memorySigner('rsa');
    assert.ok(readRequest(requestOf({ key: spkiOf(publicKey), signer: privateKey, algorithm: RSA_SHA256 })));
    const both = requestOf({
      attributes: asking(extensionOf('1.2.3', nothing(), TRUE), namesOf([0xa4, sequence()])),
    });
    const { unknownExtensions, otherNames } = readRequest(both);
    assert.deepEqual(
      unknownExtensions.map(({ oid, critical }) => [oid, critical]),
      [['1.2.3', true]],
    );
    assert.deepEqual(otherNames, ['directoryName']);
  });

  it('accepts PSS as Windows encodes it, without NULL', () => {
    const { publicKey, privateKey } = memorySigner('rsa');
    const good = requestOf({
      key: spkiOf(publicKey),
      signer: privateKey,
      algorithm: pss(SHA256, SHA256, integer(32)),
    });
    // The builder signs with PKCS #1: only the signature is wrong.
    assert.throws(() => readRequest(good), { code: SIGNATURE });
    const info = good.subarray(4, 4 + 4 + good.readUInt16BE(6));
    const signature = sign('sha256', info, {
      key: privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    });
    const whole = sequence(info, pss(SHA256, SHA256, integer(32)), bitString(signature));
    assert.deepEqual(readRequest(whole).signature, { digest: 'sha256', padding: 'pss' });
  });

  it('never fails in another way, whichever byte is changed', () => {
    const der = requestOf({ attributes: asking(namesOf([0x82, 'a.example'], [0x87, Buffer.alloc(4)])) });
    for (let at = 0; at < der.length; at++) {
      for (const value of [0x00, 0x30, 0x7f, 0x80, 0xff, (der[at] ?? 0) ^ 1]) {
        if (value === der[at]) continue;
        const changed = Buffer.from(der);
        changed[at] = value;
        assert.throws(() => readRequest(changed), isOurs, `byte ${at} as ${value}`);
      }
    }
  });

  it('never fails in another way, wherever it ends', () => {
    const der = requestOf({ attributes: asking(namesOf([0x82, 'a.example'])) });
    for (let length = 0; length < der.length; length++) {
      assert.throws(() => readRequest(der.subarray(0, length)), { code: DAMAGED }, `${length} bytes`);
    }
  });

  describe('files', () => {
    const der = requestOf();
    const pem = toPem('CERTIFICATE REQUEST', der);

    for (const [what, file] of [
      ['DER', der],
      ['DER with zeros behind it', Buffer.concat([der, Buffer.alloc(5)])],
      ['DER with a line end behind it', Buffer.concat([der, Buffer.from('\r\n')])],
      ['PEM', pem],
      ['PEM as bytes', Buffer.from(pem)],
      ['PEM in UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le')],
      ['the label of certreq', pem.replaceAll('CERTIFICATE', 'NEW CERTIFICATE')],
      ['PEM behind a private key', `-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n${pem}`],
      ['bare Base64', der.toString('base64').replace(/(.{76})/g, '$1\r\n')],
    ] as const) {
      it(`reads ${what}`, () => {
        assert.deepEqual(readRequest(file).der, der);
      });
    }

    for (const [what, message, file] of [
      ['nothing', /it is empty/, ''],
      ['HTML', /it is HTML/, '<html></html>'],
      ['the name of a file', /the name of a file/, 'www.pem'],
      [
        'a private key',
        /it is a private key/,
        '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      ],
      ['two requests', /1 more requests/, pem + pem],
      ['another element behind it', /behind its end/, Buffer.concat([der, integer(1)])],
      [
        'thousands of headers',
        /too many lines/,
        `-----BEGIN X-----\n${'a:\n'.repeat(80_000)}-----END X-----`,
      ],
      ['too much', /more than the 262144/, Buffer.alloc(300_000, 0x20)],
      ['too much DER', /more than the 65536/, octetString(Buffer.alloc(70_000)).fill(0x30, 0, 1)],
    ] as const) {
      it(`refuses ${what}`, () => {
        assert.throws(() => readRequest(file), { code: DAMAGED, message });
      });
    }

    it('says that it is a certificate', async () => {
      const { der: certificate, cert } = await selfSigned();
      assert.throws(() => readRequest(certificate), { code: DAMAGED, message: /it is a certificate/ });
      assert.throws(() => readRequest(cert), { code: DAMAGED, message: /it is a certificate/ });
    });

    it('refuses what is neither text nor bytes', () => {
      assert.throws(() => readRequest(5 as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });
});

const isOurs = (error: unknown): boolean =>
  error instanceof SchannelError && error.code.startsWith('ERR_SCHANNEL_REQUEST_');
