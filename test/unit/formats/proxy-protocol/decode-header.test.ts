import assert from 'node:assert/strict';
import { decodeProxyHeader } from '#lib/formats/proxy-protocol/decode-header.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const V4 = 'c0000201c6336402c48801bb';
const ADDRESSES = {
  source: { address: '192.0.2.1', port: 50_312 },
  destination: { address: '198.51.100.2', port: 443 },
};

/** Version and command, family and transport, and what follows, with its length. */
const binary = (kind: string, rest: string): Buffer =>
  Buffer.from(`${SIGNATURE}${kind}${(rest.length / 2).toString(16).padStart(4, '0')}${rest}`, 'hex');

const WRONG = { name: 'SchannelError', code: 'ERR_SCHANNEL_PEER_PROXY_HEADER', phase: 'connect' } as const;

describe('formats/proxy-protocol/decode-header', () => {
  it('needs more until the header is complete, and leaves what is behind it', () => {
    for (const header of [
      Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 50312 443\r\n'),
      binary('2111', V4),
    ]) {
      const bytes = Buffer.concat([header, Buffer.from('\x16\x03\x01')]);
      for (let length = 0; length < header.length; length += 1) {
        assert.equal(decodeProxyHeader(bytes.subarray(0, length)), null, `${length} bytes`);
      }
      const decoded = decodeProxyHeader(bytes);
      assert.equal(decoded?.length, header.length);
      assert.deepEqual(decoded.header.addresses, ADDRESSES);
    }
  });

  it('reads a view in the middle of a buffer', () => {
    const bytes = new Uint8Array(Buffer.concat([Buffer.from('xx'), binary('2111', V4)])).subarray(2);
    assert.deepEqual(decodeProxyHeader(bytes)?.header.addresses, ADDRESSES);
  });

  describe('version 1', () => {
    for (const line of [
      'PROXY UNKNOWN',
      'PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535',
      'PROXY UNKNOWN whatever it says',
    ]) {
      it(`takes ${JSON.stringify(line)} for no address`, () => {
        assert.deepEqual(decodeProxyHeader(Buffer.from(`${line}\r\n`)), {
          header: { version: 1, addresses: null },
          length: line.length + 2,
        });
      });
    }

    it('reads IPv6', () => {
      const { header } =
        decodeProxyHeader(Buffer.from('PROXY TCP6 2001:DB8::1 ::ffff:1.2.3.4 0 1\r\n')) ?? {};
      assert.deepEqual(header?.addresses, {
        source: { address: '2001:DB8::1', port: 0 },
        destination: { address: '::ffff:1.2.3.4', port: 1 },
      });
    });

    for (const line of [
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nx\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n',
      'PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n',
      'PROXY TCP4\t192.0.2.1 192.0.2.2 1 2\r\n',
      'PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n',
      'PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n',
      'PROXY TCP4 ::1 ::1 1 2\r\n',
      'PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n',
      'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n',
      'PROXY TCP6 1:2:3 ::1 1 2\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 99999\r\n',
      'PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n',
      'PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n',
      'PROXY unknown\r\n',
      'PROXY UNKNOWNX\r\n',
      'PROXY UNKNOWN\nx\r\n',
      'PROXY \r\n',
    ]) {
      it(`refuses ${JSON.stringify(line)}`, () => {
        assert.throws(
          () => decodeProxyHeader(Buffer.from(line.padEnd(107, line.includes('\r\n') ? 'x' : ' '))),
          WRONG,
        );
      });
    }

    it('reads 107 bytes of a line, and no more', () => {
      const longest = `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`;
      assert.equal(longest.length, 107);
      assert.equal(decodeProxyHeader(Buffer.from(longest))?.length, 107);
      assert.throws(() => decodeProxyHeader(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)), WRONG);
      assert.equal(decodeProxyHeader(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}`)), null);
    });
  });

  describe('what is no header', () => {
    for (const [what, bytes] of [
      ['a ClientHello', Buffer.of(0x16)],
      ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
      ['HTTP with the same letter', Buffer.from('PUT')],
      ['small letters', Buffer.from('proxy ')],
      ['an empty line', Buffer.from('\r\n\n')],
      ['a wrong byte in the signature', Buffer.from(SIGNATURE.slice(0, -2) + '0b', 'hex')],
    ] as const) {
      it(`${what} is refused at once`, () => {
        assert.throws(() => decodeProxyHeader(bytes), {
          ...WRONG,
          message:
            /^The header of the PROXY protocol is wrong\. The connection does not begin with it, but with "/,
        });
      });
    }
  });

  describe('version 2', () => {
    const known: readonly (readonly [what: string, bytes: Buffer])[] = [
      ['LOCAL', binary('2000', '')],
      ['LOCAL with addresses, which do not count', binary('2011', V4)],
      ['LOCAL of an unknown family', binary('20ff', '00')],
      ['an unknown family', binary('2100', '')],
      ['an unknown family with a value', binary('2100', '040000')],
      ['an unknown transport', binary('2110', V4)],
      ['no transport for a path', binary('2130', '00'.repeat(216))],
    ];
    for (const [what, bytes] of known) {
      it(`takes ${what} for no address`, () => {
        assert.deepEqual(decodeProxyHeader(bytes), {
          header: { version: 2, addresses: null },
          length: bytes.length,
        });
      });
    }

    it('refuses a path that is not UTF-8, which could not be passed on', () => {
      const path = binary('2131', '2fff'.padEnd(432, '0'));
      assert.throws(() => decodeProxyHeader(path), { ...WRONG, message: /A path in it is not UTF-8/ });
    });

    it('reads IPv6, datagrams and paths', () => {
      const v6 = binary('2122', `${'20010db8'.padEnd(31, '0')}1${''.padEnd(31, '0')}100010002`);
      assert.deepEqual(decodeProxyHeader(v6)?.header.addresses, {
        source: { address: '2001:db8::1', port: 1 },
        destination: { address: '::1', port: 2 },
      });
      const paths = `${'2f612f62'.padEnd(216, '0')}${'61'.repeat(108)}`;
      assert.deepEqual(decodeProxyHeader(binary('2131', paths))?.header.addresses, {
        source: { path: '/a/b' },
        destination: { path: 'a'.repeat(108) },
      });
    });

    it('reads what is said about TLS', () => {
      const tls = '0700000000210007544c5376312e33220004416e6e61';
      const { header } = decodeProxyHeader(binary('2111', `${V4}200016${tls}`)) ?? {};
      assert.deepEqual(header?.facts, {
        tls: {
          version: 'TLSv1.3',
          hasCertificate: true,
          hasCertificateInSession: true,
          isVerified: true,
          commonName: 'Anna',
        },
      });
    });

    it('does not take a client without a certificate for verified', () => {
      const { header } = decodeProxyHeader(binary('2111', `${V4}2000050100000000`)) ?? {};
      assert.equal(header?.facts?.tls?.isVerified, false);
    });

    it('reads that the client has no TLS', () => {
      assert.deepEqual(decodeProxyHeader(binary('2111', `${V4}2000050000000001`))?.header, {
        version: 2,
        addresses: ADDRESSES,
      });
    });

    it('checks a checksum', () => {
      // As another program counts it.
      const right = binary('2111', `${V4}030004ceeab841`);
      assert.deepEqual(decodeProxyHeader(right)?.header.addresses, ADDRESSES);
      for (let at = 16; at < right.length; at += 1) {
        if (at >= 28 && at < 31) continue; // the type and the length of the checksum
        const damaged = Buffer.from(right);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        assert.throws(() => decodeProxyHeader(damaged), { ...WRONG, message: /checksum is wrong/ });
      }
      assert.throws(() => decodeProxyHeader(binary('2111', `${V4}0300030000ff`)), WRONG);
    });

    for (const [what, bytes] of [
      ['another version', binary('1111', V4)],
      ['a newer version', binary('3111', V4)],
      ['an unknown command', binary('2211', V4)],
      ['an unknown family', binary('2141', V4)],
      ['another transport', binary('2113', V4)],
      ['addresses that are cut', binary('2111', V4.slice(2))],
      ['IPv6 of the size of IPv4', binary('2121', V4)],
      ['a value without a length', binary('2111', `${V4}0100`)],
      ['a value longer than the header', binary('2111', `${V4}01000261`)],
      ['a value twice', binary('2111', `${V4}0200016102000162`)],
      ['a checksum twice', binary('2111', `${V4}0300040000000003000400000000`)],
      ['a unique ID of 129 bytes', binary('2111', `${V4}050081${'61'.repeat(129)}`)],
      ['too little about TLS', binary('2111', `${V4}20000401000000`)],
      [
        'a value within TLS that is longer',
        binary('2111', `${V4}20000901000000002100026161`.replace('210002', '2100ff')),
      ],
    ] as const) {
      it(`refuses ${what}`, () => {
        assert.throws(() => decodeProxyHeader(bytes), WRONG);
      });
    }

    it('skips values that it may skip', () => {
      assert.deepEqual(decodeProxyHeader(binary('2111', `${V4}040002ffff040000`))?.header, {
        version: 2,
        addresses: ADDRESSES,
      });
      assert.deepEqual(
        decodeProxyHeader(binary('2111', `${V4}e00001ffe0000000`.slice(0, -2)))?.header.facts,
        {
          others: [
            { type: 0xe0, value: Buffer.of(0xff) },
            { type: 0xe0, value: Buffer.alloc(0) },
          ],
        },
      );
    });

    it('refuses more than the limit by its length field', () => {
      const start = (rest: number): Buffer =>
        Buffer.from(`${SIGNATURE}2111${rest.toString(16).padStart(4, '0')}`, 'hex');
      assert.equal(decodeProxyHeader(start(520)), null);
      assert.throws(() => decodeProxyHeader(start(521)), {
        ...WRONG,
        message: /It has 537 bytes, more than the limit of 536/,
      });
      assert.equal(decodeProxyHeader(start(65_535), 65_551), null);
    });
  });

  it('decodes, waits or refuses whatever is damaged, and never reads beyond the header', () => {
    const tls = '0700000000210007544c5376312e33220004416e6e61';
    const whole = [
      Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 50312 443\r\n'),
      binary('2111', `${V4}0100026832200016${tls}e0000161`),
      binary('2131', '2f61'.padEnd(432, '0')),
    ];
    const below = numbersFrom(1);
    const outcomes = { decoded: 0, waiting: 0, refused: 0 };
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = mutated(whole[below(whole.length)] ?? Buffer.alloc(0), below);
      try {
        const decoded = decodeProxyHeader(bytes);
        outcomes[decoded === null ? 'waiting' : 'decoded'] += 1;
        assert.ok((decoded?.length ?? 0) <= bytes.length);
      } catch (error) {
        assert.equal(Reflect.get(error as Error, 'code'), WRONG.code, String(error));
        outcomes.refused += 1;
      }
    }
    for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > 1000, `${outcome}: ${count}`);
  });
});
