import assert from 'node:assert/strict';
import { decodeProxyHeader, HEADER_LIMIT } from '#lib/formats/proxy-protocol/decode-header.js';
import { encodeProxyHeader } from '#lib/formats/proxy-protocol/encode-header.js';
import type { ProxyEndpoint, ProxyHeader } from '#lib/formats/proxy-protocol/header.js';
import { canonicalAddress } from '#lib/formats/x509/ip-address.js';
import { codes, outcomeOf } from '../outcome.js';

export const what = 'a header of the PROXY protocol';
export const longest = 600;

const ADDRESSES = {
  source: { address: '192.0.2.1', port: 1025 },
  destination: { address: '198.51.100.2', port: 443 },
};
const WIDE = {
  source: { address: '2001:db8::1', port: 1 },
  destination: { address: '2001:db8::2', port: 65535 },
};
const TLS = { hasCertificate: true, hasCertificateInSession: true, isVerified: true };

export const seeds = (): readonly Uint8Array[] => [
  encodeProxyHeader({ version: 1, addresses: ADDRESSES }),
  encodeProxyHeader({ version: 1, addresses: WIDE }),
  encodeProxyHeader({ version: 1, addresses: null }),
  Buffer.from('PROXY UNKNOWN ff:: 1 2 3\r\nGET'),
  encodeProxyHeader({ version: 2, addresses: null }),
  encodeProxyHeader({ version: 2, addresses: { source: { path: '/a' }, destination: { path: '' } } }),
  encodeProxyHeader(
    {
      version: 2,
      addresses: WIDE,
      facts: {
        alpn: 'h2',
        authority: 'a.example',
        uniqueId: Buffer.from('id'),
        namespace: 'n',
        tls: {
          ...TLS,
          version: 'TLSv1.3',
          cipher: 'c',
          signatureAlgorithm: 's',
          keyAlgorithm: 'k',
          commonName: 'cn',
        },
        others: [{ type: 0xe1, value: Buffer.of(1, 2) }],
      },
    },
    { checksum: true },
  ),
];

const REFUSED = codes('ERR_SCHANNEL_PEER_PROXY_HEADER');

/**
 * A header ends at the same place and says the same however much of what follows it has come, it is refused as soon as
 * with all of it, and what was read can be written and read again.
 */
export function fuzz(data: Buffer): void {
  const whole = outcomeOf(() => decodeProxyHeader(data), REFUSED);
  let first: typeof whole | null = null;
  for (let end = 0; end <= Math.min(data.length, HEADER_LIMIT + 1); end += 1) {
    const outcome = outcomeOf(() => decodeProxyHeader(data.subarray(0, end)), REFUSED);
    if ('value' in outcome && outcome.value === null) continue;
    first = outcome;
    break;
  }
  if (first !== null) assert.deepEqual(first, whole, 'the same as soon as it is known');
  if (!('value' in whole) || whole.value === null) return;
  const { header, length } = whole.value;
  assert.ok(length <= Math.min(HEADER_LIMIT, data.length));
  const again = decodeProxyHeader(encodeProxyHeader(header), 0xffff);
  assert.deepEqual(canonical(again?.header), canonical(header), 'written and read again');
}

/** Version 1 has addresses in any spelling. */
const canonical = (header: ProxyHeader | undefined): unknown => {
  const { source, destination } = header?.addresses ?? {};
  return { ...header, addresses: [source, destination].map(canonicalEnd) };
};

const canonicalEnd = (end: ProxyEndpoint | undefined): unknown =>
  end !== undefined && 'address' in end ? { ...end, address: canonicalAddress(end.address) } : end;
