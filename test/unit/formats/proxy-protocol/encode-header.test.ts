import assert from 'node:assert/strict';
import { decodeProxyHeader } from '#lib/formats/proxy-protocol/decode-header.js';
import { encodeProxyHeader } from '#lib/formats/proxy-protocol/encode-header.js';
import type { ProxyHeader } from '#lib/formats/proxy-protocol/header.js';

const SIGNATURE = '0d0a0d0a000d0a515549540a';

const V4 = {
  source: { address: '192.0.2.1', port: 50_312 },
  destination: { address: '198.51.100.2', port: 443 },
};
const V6 = {
  source: { address: '2001:db8::1', port: 1 },
  destination: { address: '2001:db8::2', port: 65_535 },
};

const line = (addresses: ProxyHeader['addresses']): string =>
  encodeProxyHeader({ version: 1, addresses }).toString('latin1');
const hex = (header: Omit<ProxyHeader, 'version'>, checksum = false): string =>
  encodeProxyHeader({ version: 2, ...header }, { checksum }).toString('hex');

describe('formats/proxy-protocol/encode-header', () => {
  it('writes the lines of version 1', () => {
    assert.equal(line(V4), 'PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n');
    assert.equal(line(V6), 'PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n');
    assert.equal(line(null), 'PROXY UNKNOWN\r\n');
    assert.equal(line({ source: { path: '/run/a' }, destination: { path: '/run/b' } }), 'PROXY UNKNOWN\r\n');
  });

  it('writes the bytes of version 2', () => {
    assert.equal(hex({ addresses: V4 }), `${SIGNATURE}2111000cc0000201c6336402c48801bb`);
    assert.equal(
      hex({ addresses: V6 }),
      `${SIGNATURE}2121002420010db800000000000000000000000120010db80000000000000000000000020001ffff`,
    );
    assert.equal(hex({ addresses: null }), `${SIGNATURE}20000000`);
    assert.equal(
      hex({ addresses: { source: { path: '/a' }, destination: { path: '' } } }),
      `${SIGNATURE}213100d8${'2f61'.padEnd(216, '0')}${''.padEnd(216, '0')}`,
    );
  });

  it('writes facts in the order of their types', () => {
    const facts = {
      alpn: 'h2',
      authority: 'a.example',
      tls: {
        version: 'TLSv1.3',
        hasCertificate: true,
        hasCertificateInSession: true,
        isVerified: true,
        commonName: 'Anna',
        certificate: Buffer.of(0x30, 0),
      },
    };
    const tls = `0700000000210007${Buffer.from('TLSv1.3').toString('hex')}220004416e6e612800023000`;
    assert.equal(
      hex({ addresses: null, facts }),
      `${SIGNATURE}2100002f0100026832020009612e6578616d706c65${'20001b'.replace('1b', (tls.length / 2).toString(16))}${tls}`,
    );
  });

  it('says of a client that was not verified that it was not', () => {
    const tls = { hasCertificate: false, hasCertificateInSession: false, isVerified: false };
    assert.equal(hex({ addresses: null, facts: { tls } }), `${SIGNATURE}210000082000050100000001`);
  });

  it('writes what a socket for both families calls an address', () => {
    const mixed = (source: string, destination: string): string =>
      line({ source: { address: source, port: 1 }, destination: { address: destination, port: 2 } });
    assert.equal(
      mixed('::ffff:192.0.2.1', '::ffff:198.51.100.2'),
      'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n',
    );
    assert.equal(mixed('::ffff:192.0.2.1', '::1'), 'PROXY TCP6 ::ffff:c000:201 ::1 1 2\r\n');
    assert.equal(mixed('fe80::1%eth0', '::1'), 'PROXY TCP6 fe80::1 ::1 1 2\r\n');
  });

  it('is read again as it was written, if its text is not ASCII', () => {
    const flags = { hasCertificate: false, hasCertificateInSession: false, isVerified: false };
    const tls = {
      ...flags,
      version: 'ä',
      cipher: 'ö',
      signatureAlgorithm: 'ü',
      keyAlgorithm: 'ß',
      commonName: 'é',
    };
    const header = { version: 2, addresses: V4, facts: { tls, alpn: 'ä', authority: 'ö' } } as const;
    assert.deepEqual(decodeProxyHeader(encodeProxyHeader(header))?.header, header);
  });

  it('is read again as it was written', () => {
    const facts = {
      alpn: 'h2',
      authority: 'bücher.example',
      uniqueId: Buffer.from('id'),
      namespace: 'blue',
      tls: {
        version: 'TLSv1.2',
        cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
        signatureAlgorithm: 'RSA-SHA256',
        keyAlgorithm: 'RSA2048',
        hasCertificate: true,
        hasCertificateInSession: true,
        isVerified: false,
        commonName: 'Ännchen',
        certificate: Buffer.alloc(2000, 1),
      },
      others: [
        { type: 0xe0, value: Buffer.from('x') },
        { type: 0xe0, value: Buffer.alloc(0) },
      ],
    };
    for (const addresses of [
      V4,
      V6,
      null,
      { source: { path: '/a' }, destination: { path: '\0b' } },
      { source: { path: '' }, destination: { path: 'a'.repeat(108) } },
    ]) {
      for (const checksum of [false, true]) {
        const header: ProxyHeader = { version: 2, addresses, facts };
        const bytes = encodeProxyHeader(header, { checksum });
        const decoded = decodeProxyHeader(Buffer.concat([bytes, Buffer.from('more')]), 65_551);
        assert.deepEqual(decoded, { header, length: bytes.length });
      }
    }
    for (const addresses of [V4, V6, null]) {
      const header: ProxyHeader = { version: 1, addresses };
      const bytes = encodeProxyHeader(header);
      assert.deepEqual(decodeProxyHeader(bytes), { header, length: bytes.length });
    }
  });

  for (const [what, header, code] of [
    ['another version', { version: 3, addresses: null }, 'ERR_INVALID_ARG_VALUE'],
    ['facts in version 1', { version: 1, addresses: null, facts: { alpn: 'h2' } }, 'ERR_INVALID_ARG_VALUE'],
    [
      'a name in place of an address',
      { version: 1, addresses: { ...V4, source: { address: 'a\r\nb', port: 1 } } },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'no text as address',
      { version: 1, addresses: { ...V4, source: { address: 1, port: 1 } } },
      'ERR_INVALID_ARG_TYPE',
    ],
    [
      'a port out of range',
      { version: 2, addresses: { ...V4, source: { address: '::1', port: 65_536 } } },
      'ERR_OUT_OF_RANGE',
    ],
    [
      'an address and a path',
      { version: 2, addresses: { ...V4, source: { path: '/a' } } },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a path of 109 bytes',
      { version: 2, addresses: { source: { path: 'a'.repeat(109) }, destination: { path: '' } } },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a long unique ID',
      { version: 2, addresses: null, facts: { uniqueId: Buffer.alloc(129) } },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a type that has a property',
      { version: 2, addresses: null, facts: { others: [{ type: 1, value: Buffer.of(0) }] } },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'a type out of range',
      { version: 2, addresses: null, facts: { others: [{ type: 256, value: Buffer.of(0) }] } },
      'ERR_OUT_OF_RANGE',
    ],
    [
      'a value of 64 KiB',
      { version: 2, addresses: null, facts: { authority: 'a'.repeat(65_536) } },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'more than fits in',
      { version: 2, addresses: V4, facts: { authority: 'a'.repeat(65_535) } },
      'ERR_INVALID_ARG_VALUE',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => encodeProxyHeader(header as unknown as ProxyHeader), { code });
    });
  }
});
