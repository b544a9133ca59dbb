import type { NativeSessionInfo } from '../../native/binding.js';
import { isTls13 } from '../engine/negotiated.js';
import { protocolOfBits, protocolOfWire, type Protocol } from '../secure-context/protocols.js';

/** As node:tls's getCipher(). */
export interface CipherFacts {
  /** OpenSSL's name, 'ECDHE-RSA-AES256-GCM-SHA384'. */
  readonly name: string;
  /** IANA's name, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'. */
  readonly standardName: string;
  /** The version that was negotiated. */
  readonly version: string;
}

/** As node:tls's getEphemeralKeyInfo(). */
export interface EphemeralKeyFacts {
  readonly type?: 'ECDH' | 'DH';
  /** Named group, 'X25519' or 'prime256v1'. */
  readonly name?: string;
  /** Bits. */
  readonly size?: number;
}

/** The version that was agreed on; null for none that is known. */
export function protocolOf(info: NativeSessionInfo): Protocol | null {
  // As the engine and the add-on decide, so that nobody takes one connection for two versions.
  if (isTls13(info)) return 'TLSv1.3';
  const wire = info.cipher ? protocolOfWire(info.cipher.protocol) : null;
  return wire ?? protocolOfBits(info.info?.protocol ?? 0);
}

export function cipherOf(info: NativeSessionInfo): CipherFacts | null {
  const standardName = info.cipher?.name;
  if (!standardName) return null;
  return { name: opensslName(standardName), standardName, version: protocolOf(info) ?? 'unknown' };
}

export function ephemeralKeyOf(info: NativeSessionInfo): EphemeralKeyFacts {
  const group = GROUPS[info.cipher?.keyType ?? 0];
  if (group) return group;
  const size = info.info?.exchangeStrength;
  switch (info.info?.exchange) {
    case CALG_ECDHE:
      return { type: 'ECDH', ...(size ? { size } : {}) };
    case CALG_DH_EPHEM:
      return { type: 'DH', ...(size ? { size } : {}) };
    default:
      return {};
  }
}

/** ALG_ID of wincrypt.h. */
const CALG_ECDHE = 0xae06;
const CALG_DH_EPHEM = 0xaa02;

/** Named groups of the TLS registry, with the names and sizes that OpenSSL uses. */
const GROUPS: Readonly<Record<number, EphemeralKeyFacts>> = {
  0x17: { type: 'ECDH', name: 'prime256v1', size: 256 },
  0x18: { type: 'ECDH', name: 'secp384r1', size: 384 },
  0x19: { type: 'ECDH', name: 'secp521r1', size: 521 },
  0x1d: { type: 'ECDH', name: 'X25519', size: 253 },
};

/** OpenSSL's name of a suite, by its rule: no TLS_, no WITH, sizes without a separator; TLS 1.3's names are IANA's. */
export function opensslName(iana: string): string {
  const match = /^TLS_(?:(.+)_)?WITH_(.+)$/.exec(iana);
  if (!match) return iana;
  const exchange = match[1] === undefined || match[1] === 'RSA' ? '' : `${match[1].replaceAll('_', '-')}-`;
  const cipher = (match[2] ?? '')
    .replace(/^3DES_EDE_CBC/, 'DES-CBC3')
    .replace(/^AES_(\d+)/, 'AES$1')
    .replace(/^CHACHA20_POLY1305_SHA256$/, 'CHACHA20-POLY1305')
    .replace(/^NULL_/, 'NULL-')
    .replace('_CBC', '')
    .replaceAll('_', '-');
  return exchange + cipher;
}
