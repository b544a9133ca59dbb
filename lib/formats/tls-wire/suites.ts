import { hexNumber } from './versions.js';

/** What a cipher suite consists of, read from its name. */
export interface CipherSuite {
  readonly id: number;
  /** IANA's name; for suites of expired drafts and of SSL 3, that of their authors. */
  readonly name: string;
  /** OpenSSL's name; null where OpenSSL 3 has none. */
  readonly openssl: string | null;
  /** 'TLSv1.3' suites have nothing in common with those of earlier versions. */
  readonly era: 'TLSv1.3' | 'before';
  /** 'ECDHE', 'DHE', 'RSA', 'PSK', 'DH_anon' …; 'any' in TLS 1.3. */
  readonly keyExchange: string;
  /** The key of the certificate: 'RSA', 'ECDSA', 'DSS'; 'none' without a certificate; 'any' in TLS 1.3. */
  readonly authentication: 'RSA' | 'ECDSA' | 'DSS' | 'none' | 'any';
  /** 'AES_256_GCM', 'RC4_128', 'NULL' … */
  readonly cipher: string;
  /** Strength of the cipher in bits: 112 for triple DES, 0 without encryption. */
  readonly bits: number;
  readonly flags: readonly SuiteFlag[];
}

/**
 * `recommended`: authenticated encryption and forward secrecy. `legacy`: not broken, but older: CBC mode or no forward
 * secrecy. `weak`: should be off. `insecure`: gives no protection worth the name. `windows`: enabled in some version of
 * Windows as it is installed.
 */
export type SuiteFlag = 'recommended' | 'legacy' | 'weak' | 'insecure' | 'windows';

/** Consecutive numbers with the names, without TLS_, and with a '/' for _WITH_. '-' is a number without a suite. */
type Run = readonly [first: number, names: string];

/** IANA, "TLS Cipher Suites"; SSL 3 (RFC 6101 §A.6); expired drafts that servers have implemented. */
const RUNS: readonly Run[] = [
  [
    0x0001,
    `RSA/NULL_MD5 RSA/NULL_SHA RSA_EXPORT/RC4_40_MD5 RSA/RC4_128_MD5 RSA/RC4_128_SHA RSA_EXPORT/RC2_CBC_40_MD5
     RSA/IDEA_CBC_SHA RSA_EXPORT/DES40_CBC_SHA RSA/DES_CBC_SHA RSA/3DES_EDE_CBC_SHA
     DH_DSS_EXPORT/DES40_CBC_SHA DH_DSS/DES_CBC_SHA DH_DSS/3DES_EDE_CBC_SHA
     DH_RSA_EXPORT/DES40_CBC_SHA DH_RSA/DES_CBC_SHA DH_RSA/3DES_EDE_CBC_SHA
     DHE_DSS_EXPORT/DES40_CBC_SHA DHE_DSS/DES_CBC_SHA DHE_DSS/3DES_EDE_CBC_SHA
     DHE_RSA_EXPORT/DES40_CBC_SHA DHE_RSA/DES_CBC_SHA DHE_RSA/3DES_EDE_CBC_SHA
     DH_anon_EXPORT/RC4_40_MD5 DH_anon/RC4_128_MD5 DH_anon_EXPORT/DES40_CBC_SHA DH_anon/DES_CBC_SHA
     DH_anon/3DES_EDE_CBC_SHA FORTEZZA_KEA/NULL_SHA FORTEZZA_KEA/FORTEZZA_CBC_SHA
     KRB5/DES_CBC_SHA KRB5/3DES_EDE_CBC_SHA KRB5/RC4_128_SHA KRB5/IDEA_CBC_SHA
     KRB5/DES_CBC_MD5 KRB5/3DES_EDE_CBC_MD5 KRB5/RC4_128_MD5 KRB5/IDEA_CBC_MD5
     KRB5_EXPORT/DES_CBC_40_SHA KRB5_EXPORT/RC2_CBC_40_SHA KRB5_EXPORT/RC4_40_SHA
     KRB5_EXPORT/DES_CBC_40_MD5 KRB5_EXPORT/RC2_CBC_40_MD5 KRB5_EXPORT/RC4_40_MD5
     PSK/NULL_SHA DHE_PSK/NULL_SHA RSA_PSK/NULL_SHA
     RSA/AES_128_CBC_SHA DH_DSS/AES_128_CBC_SHA DH_RSA/AES_128_CBC_SHA DHE_DSS/AES_128_CBC_SHA
     DHE_RSA/AES_128_CBC_SHA DH_anon/AES_128_CBC_SHA
     RSA/AES_256_CBC_SHA DH_DSS/AES_256_CBC_SHA DH_RSA/AES_256_CBC_SHA DHE_DSS/AES_256_CBC_SHA
     DHE_RSA/AES_256_CBC_SHA DH_anon/AES_256_CBC_SHA
     RSA/NULL_SHA256 RSA/AES_128_CBC_SHA256 RSA/AES_256_CBC_SHA256
     DH_DSS/AES_128_CBC_SHA256 DH_RSA/AES_128_CBC_SHA256 DHE_DSS/AES_128_CBC_SHA256
     RSA/CAMELLIA_128_CBC_SHA DH_DSS/CAMELLIA_128_CBC_SHA DH_RSA/CAMELLIA_128_CBC_SHA
     DHE_DSS/CAMELLIA_128_CBC_SHA DHE_RSA/CAMELLIA_128_CBC_SHA DH_anon/CAMELLIA_128_CBC_SHA`,
  ],
  [
    0x0060,
    `RSA_EXPORT1024/RC4_56_MD5 RSA_EXPORT1024/RC2_CBC_56_MD5 RSA_EXPORT1024/DES_CBC_SHA
     DHE_DSS_EXPORT1024/DES_CBC_SHA RSA_EXPORT1024/RC4_56_SHA DHE_DSS_EXPORT1024/RC4_56_SHA DHE_DSS/RC4_128_SHA
     DHE_RSA/AES_128_CBC_SHA256 DH_DSS/AES_256_CBC_SHA256 DH_RSA/AES_256_CBC_SHA256
     DHE_DSS/AES_256_CBC_SHA256 DHE_RSA/AES_256_CBC_SHA256 DH_anon/AES_128_CBC_SHA256 DH_anon/AES_256_CBC_SHA256`,
  ],
  [
    0x0080,
    `GOSTR341094/28147_CNT_IMIT GOSTR341001/28147_CNT_IMIT GOSTR341094/NULL_GOSTR3411 GOSTR341001/NULL_GOSTR3411
     RSA/CAMELLIA_256_CBC_SHA DH_DSS/CAMELLIA_256_CBC_SHA DH_RSA/CAMELLIA_256_CBC_SHA
     DHE_DSS/CAMELLIA_256_CBC_SHA DHE_RSA/CAMELLIA_256_CBC_SHA DH_anon/CAMELLIA_256_CBC_SHA
     PSK/RC4_128_SHA PSK/3DES_EDE_CBC_SHA PSK/AES_128_CBC_SHA PSK/AES_256_CBC_SHA
     DHE_PSK/RC4_128_SHA DHE_PSK/3DES_EDE_CBC_SHA DHE_PSK/AES_128_CBC_SHA DHE_PSK/AES_256_CBC_SHA
     RSA_PSK/RC4_128_SHA RSA_PSK/3DES_EDE_CBC_SHA RSA_PSK/AES_128_CBC_SHA RSA_PSK/AES_256_CBC_SHA
     RSA/SEED_CBC_SHA DH_DSS/SEED_CBC_SHA DH_RSA/SEED_CBC_SHA DHE_DSS/SEED_CBC_SHA DHE_RSA/SEED_CBC_SHA
     DH_anon/SEED_CBC_SHA
     RSA/AES_128_GCM_SHA256 RSA/AES_256_GCM_SHA384 DHE_RSA/AES_128_GCM_SHA256 DHE_RSA/AES_256_GCM_SHA384
     DH_RSA/AES_128_GCM_SHA256 DH_RSA/AES_256_GCM_SHA384 DHE_DSS/AES_128_GCM_SHA256 DHE_DSS/AES_256_GCM_SHA384
     DH_DSS/AES_128_GCM_SHA256 DH_DSS/AES_256_GCM_SHA384 DH_anon/AES_128_GCM_SHA256 DH_anon/AES_256_GCM_SHA384
     PSK/AES_128_GCM_SHA256 PSK/AES_256_GCM_SHA384 DHE_PSK/AES_128_GCM_SHA256 DHE_PSK/AES_256_GCM_SHA384
     RSA_PSK/AES_128_GCM_SHA256 RSA_PSK/AES_256_GCM_SHA384
     PSK/AES_128_CBC_SHA256 PSK/AES_256_CBC_SHA384 PSK/NULL_SHA256 PSK/NULL_SHA384
     DHE_PSK/AES_128_CBC_SHA256 DHE_PSK/AES_256_CBC_SHA384 DHE_PSK/NULL_SHA256 DHE_PSK/NULL_SHA384
     RSA_PSK/AES_128_CBC_SHA256 RSA_PSK/AES_256_CBC_SHA384 RSA_PSK/NULL_SHA256 RSA_PSK/NULL_SHA384
     RSA/CAMELLIA_128_CBC_SHA256 DH_DSS/CAMELLIA_128_CBC_SHA256 DH_RSA/CAMELLIA_128_CBC_SHA256
     DHE_DSS/CAMELLIA_128_CBC_SHA256 DHE_RSA/CAMELLIA_128_CBC_SHA256 DH_anon/CAMELLIA_128_CBC_SHA256
     RSA/CAMELLIA_256_CBC_SHA256 DH_DSS/CAMELLIA_256_CBC_SHA256 DH_RSA/CAMELLIA_256_CBC_SHA256
     DHE_DSS/CAMELLIA_256_CBC_SHA256 DHE_RSA/CAMELLIA_256_CBC_SHA256 DH_anon/CAMELLIA_256_CBC_SHA256
     SM4_GCM_SM3 SM4_CCM_SM3`,
  ],
  [
    0x1301,
    `AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_CCM_SHA256 AES_128_CCM_8_SHA256
     AEGIS_256_SHA512 AEGIS_128L_SHA256`,
  ],
  [
    0xc001,
    `ECDH_ECDSA/NULL_SHA ECDH_ECDSA/RC4_128_SHA ECDH_ECDSA/3DES_EDE_CBC_SHA ECDH_ECDSA/AES_128_CBC_SHA
     ECDH_ECDSA/AES_256_CBC_SHA
     ECDHE_ECDSA/NULL_SHA ECDHE_ECDSA/RC4_128_SHA ECDHE_ECDSA/3DES_EDE_CBC_SHA ECDHE_ECDSA/AES_128_CBC_SHA
     ECDHE_ECDSA/AES_256_CBC_SHA
     ECDH_RSA/NULL_SHA ECDH_RSA/RC4_128_SHA ECDH_RSA/3DES_EDE_CBC_SHA ECDH_RSA/AES_128_CBC_SHA
     ECDH_RSA/AES_256_CBC_SHA
     ECDHE_RSA/NULL_SHA ECDHE_RSA/RC4_128_SHA ECDHE_RSA/3DES_EDE_CBC_SHA ECDHE_RSA/AES_128_CBC_SHA
     ECDHE_RSA/AES_256_CBC_SHA
     ECDH_anon/NULL_SHA ECDH_anon/RC4_128_SHA ECDH_anon/3DES_EDE_CBC_SHA ECDH_anon/AES_128_CBC_SHA
     ECDH_anon/AES_256_CBC_SHA
     SRP_SHA/3DES_EDE_CBC_SHA SRP_SHA_RSA/3DES_EDE_CBC_SHA SRP_SHA_DSS/3DES_EDE_CBC_SHA
     SRP_SHA/AES_128_CBC_SHA SRP_SHA_RSA/AES_128_CBC_SHA SRP_SHA_DSS/AES_128_CBC_SHA
     SRP_SHA/AES_256_CBC_SHA SRP_SHA_RSA/AES_256_CBC_SHA SRP_SHA_DSS/AES_256_CBC_SHA
     ECDHE_ECDSA/AES_128_CBC_SHA256 ECDHE_ECDSA/AES_256_CBC_SHA384
     ECDH_ECDSA/AES_128_CBC_SHA256 ECDH_ECDSA/AES_256_CBC_SHA384
     ECDHE_RSA/AES_128_CBC_SHA256 ECDHE_RSA/AES_256_CBC_SHA384
     ECDH_RSA/AES_128_CBC_SHA256 ECDH_RSA/AES_256_CBC_SHA384
     ECDHE_ECDSA/AES_128_GCM_SHA256 ECDHE_ECDSA/AES_256_GCM_SHA384
     ECDH_ECDSA/AES_128_GCM_SHA256 ECDH_ECDSA/AES_256_GCM_SHA384
     ECDHE_RSA/AES_128_GCM_SHA256 ECDHE_RSA/AES_256_GCM_SHA384
     ECDH_RSA/AES_128_GCM_SHA256 ECDH_RSA/AES_256_GCM_SHA384
     ECDHE_PSK/RC4_128_SHA ECDHE_PSK/3DES_EDE_CBC_SHA ECDHE_PSK/AES_128_CBC_SHA ECDHE_PSK/AES_256_CBC_SHA
     ECDHE_PSK/AES_128_CBC_SHA256 ECDHE_PSK/AES_256_CBC_SHA384
     ECDHE_PSK/NULL_SHA ECDHE_PSK/NULL_SHA256 ECDHE_PSK/NULL_SHA384
     RSA/ARIA_128_CBC_SHA256 RSA/ARIA_256_CBC_SHA384 DH_DSS/ARIA_128_CBC_SHA256 DH_DSS/ARIA_256_CBC_SHA384
     DH_RSA/ARIA_128_CBC_SHA256 DH_RSA/ARIA_256_CBC_SHA384 DHE_DSS/ARIA_128_CBC_SHA256
     DHE_DSS/ARIA_256_CBC_SHA384 DHE_RSA/ARIA_128_CBC_SHA256 DHE_RSA/ARIA_256_CBC_SHA384
     DH_anon/ARIA_128_CBC_SHA256 DH_anon/ARIA_256_CBC_SHA384
     ECDHE_ECDSA/ARIA_128_CBC_SHA256 ECDHE_ECDSA/ARIA_256_CBC_SHA384
     ECDH_ECDSA/ARIA_128_CBC_SHA256 ECDH_ECDSA/ARIA_256_CBC_SHA384
     ECDHE_RSA/ARIA_128_CBC_SHA256 ECDHE_RSA/ARIA_256_CBC_SHA384
     ECDH_RSA/ARIA_128_CBC_SHA256 ECDH_RSA/ARIA_256_CBC_SHA384
     RSA/ARIA_128_GCM_SHA256 RSA/ARIA_256_GCM_SHA384 DHE_RSA/ARIA_128_GCM_SHA256 DHE_RSA/ARIA_256_GCM_SHA384
     DH_RSA/ARIA_128_GCM_SHA256 DH_RSA/ARIA_256_GCM_SHA384 DHE_DSS/ARIA_128_GCM_SHA256
     DHE_DSS/ARIA_256_GCM_SHA384 DH_DSS/ARIA_128_GCM_SHA256 DH_DSS/ARIA_256_GCM_SHA384
     DH_anon/ARIA_128_GCM_SHA256 DH_anon/ARIA_256_GCM_SHA384
     ECDHE_ECDSA/ARIA_128_GCM_SHA256 ECDHE_ECDSA/ARIA_256_GCM_SHA384
     ECDH_ECDSA/ARIA_128_GCM_SHA256 ECDH_ECDSA/ARIA_256_GCM_SHA384
     ECDHE_RSA/ARIA_128_GCM_SHA256 ECDHE_RSA/ARIA_256_GCM_SHA384
     ECDH_RSA/ARIA_128_GCM_SHA256 ECDH_RSA/ARIA_256_GCM_SHA384
     PSK/ARIA_128_CBC_SHA256 PSK/ARIA_256_CBC_SHA384 DHE_PSK/ARIA_128_CBC_SHA256 DHE_PSK/ARIA_256_CBC_SHA384
     RSA_PSK/ARIA_128_CBC_SHA256 RSA_PSK/ARIA_256_CBC_SHA384
     PSK/ARIA_128_GCM_SHA256 PSK/ARIA_256_GCM_SHA384 DHE_PSK/ARIA_128_GCM_SHA256 DHE_PSK/ARIA_256_GCM_SHA384
     RSA_PSK/ARIA_128_GCM_SHA256 RSA_PSK/ARIA_256_GCM_SHA384
     ECDHE_PSK/ARIA_128_CBC_SHA256 ECDHE_PSK/ARIA_256_CBC_SHA384
     ECDHE_ECDSA/CAMELLIA_128_CBC_SHA256 ECDHE_ECDSA/CAMELLIA_256_CBC_SHA384
     ECDH_ECDSA/CAMELLIA_128_CBC_SHA256 ECDH_ECDSA/CAMELLIA_256_CBC_SHA384
     ECDHE_RSA/CAMELLIA_128_CBC_SHA256 ECDHE_RSA/CAMELLIA_256_CBC_SHA384
     ECDH_RSA/CAMELLIA_128_CBC_SHA256 ECDH_RSA/CAMELLIA_256_CBC_SHA384
     RSA/CAMELLIA_128_GCM_SHA256 RSA/CAMELLIA_256_GCM_SHA384
     DHE_RSA/CAMELLIA_128_GCM_SHA256 DHE_RSA/CAMELLIA_256_GCM_SHA384
     DH_RSA/CAMELLIA_128_GCM_SHA256 DH_RSA/CAMELLIA_256_GCM_SHA384
     DHE_DSS/CAMELLIA_128_GCM_SHA256 DHE_DSS/CAMELLIA_256_GCM_SHA384
     DH_DSS/CAMELLIA_128_GCM_SHA256 DH_DSS/CAMELLIA_256_GCM_SHA384
     DH_anon/CAMELLIA_128_GCM_SHA256 DH_anon/CAMELLIA_256_GCM_SHA384
     ECDHE_ECDSA/CAMELLIA_128_GCM_SHA256 ECDHE_ECDSA/CAMELLIA_256_GCM_SHA384
     ECDH_ECDSA/CAMELLIA_128_GCM_SHA256 ECDH_ECDSA/CAMELLIA_256_GCM_SHA384
     ECDHE_RSA/CAMELLIA_128_GCM_SHA256 ECDHE_RSA/CAMELLIA_256_GCM_SHA384
     ECDH_RSA/CAMELLIA_128_GCM_SHA256 ECDH_RSA/CAMELLIA_256_GCM_SHA384
     PSK/CAMELLIA_128_GCM_SHA256 PSK/CAMELLIA_256_GCM_SHA384
     DHE_PSK/CAMELLIA_128_GCM_SHA256 DHE_PSK/CAMELLIA_256_GCM_SHA384
     RSA_PSK/CAMELLIA_128_GCM_SHA256 RSA_PSK/CAMELLIA_256_GCM_SHA384
     PSK/CAMELLIA_128_CBC_SHA256 PSK/CAMELLIA_256_CBC_SHA384
     DHE_PSK/CAMELLIA_128_CBC_SHA256 DHE_PSK/CAMELLIA_256_CBC_SHA384
     RSA_PSK/CAMELLIA_128_CBC_SHA256 RSA_PSK/CAMELLIA_256_CBC_SHA384
     ECDHE_PSK/CAMELLIA_128_CBC_SHA256 ECDHE_PSK/CAMELLIA_256_CBC_SHA384
     RSA/AES_128_CCM RSA/AES_256_CCM DHE_RSA/AES_128_CCM DHE_RSA/AES_256_CCM
     RSA/AES_128_CCM_8 RSA/AES_256_CCM_8 DHE_RSA/AES_128_CCM_8 DHE_RSA/AES_256_CCM_8
     PSK/AES_128_CCM PSK/AES_256_CCM DHE_PSK/AES_128_CCM DHE_PSK/AES_256_CCM
     PSK/AES_128_CCM_8 PSK/AES_256_CCM_8 PSK_DHE/AES_128_CCM_8 PSK_DHE/AES_256_CCM_8
     ECDHE_ECDSA/AES_128_CCM ECDHE_ECDSA/AES_256_CCM ECDHE_ECDSA/AES_128_CCM_8 ECDHE_ECDSA/AES_256_CCM_8
     ECCPWD/AES_128_GCM_SHA256 ECCPWD/AES_256_GCM_SHA384 ECCPWD/AES_128_CCM_SHA256 ECCPWD/AES_256_CCM_SHA384
     SHA256_SHA256 SHA384_SHA384`,
  ],
  [
    0xc100,
    `GOSTR341112_256/KUZNYECHIK_CTR_OMAC GOSTR341112_256/MAGMA_CTR_OMAC GOSTR341112_256/28147_CNT_IMIT
     GOSTR341112_256_KUZNYECHIK_MGM_L GOSTR341112_256_MAGMA_MGM_L GOSTR341112_256_KUZNYECHIK_MGM_S
     GOSTR341112_256_MAGMA_MGM_S`,
  ],
  [
    0xcc13,
    'ECDHE_RSA/CHACHA20_POLY1305_DRAFT ECDHE_ECDSA/CHACHA20_POLY1305_DRAFT DHE_RSA/CHACHA20_POLY1305_DRAFT',
  ],
  [
    0xcca8,
    `ECDHE_RSA/CHACHA20_POLY1305_SHA256 ECDHE_ECDSA/CHACHA20_POLY1305_SHA256 DHE_RSA/CHACHA20_POLY1305_SHA256
     PSK/CHACHA20_POLY1305_SHA256 ECDHE_PSK/CHACHA20_POLY1305_SHA256 DHE_PSK/CHACHA20_POLY1305_SHA256
     RSA_PSK/CHACHA20_POLY1305_SHA256`,
  ],
  [
    0xd001,
    `ECDHE_PSK/AES_128_GCM_SHA256 ECDHE_PSK/AES_256_GCM_SHA384 ECDHE_PSK/AES_128_CCM_8_SHA256 -
     ECDHE_PSK/AES_128_CCM_SHA256`,
  ],
  [0xfefe, 'RSA_FIPS/DES_CBC_SHA RSA_FIPS/3DES_EDE_CBC_SHA'],
  [0xffe0, 'RSA_FIPS/3DES_EDE_CBC_SHA_2 RSA_FIPS/DES_CBC_SHA_2'],
];

/** Enabled in some version from Windows 10 1607 on ("TLS Cipher Suites in Windows 10, version 1607" and later). */
const WINDOWS = new Set([
  ...[0x1302, 0x1301],
  ...[0xc02c, 0xc02b, 0xc030, 0xc02f, 0x009f, 0x009e],
  ...[0xc024, 0xc023, 0xc028, 0xc027, 0xc00a, 0xc009, 0xc014, 0xc013, 0x0039, 0x0033],
  ...[0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x000a],
  ...[0x006a, 0x0040, 0x0038, 0x0032, 0x0013, 0x0005, 0x0004, 0x003b, 0x0002],
]);

function suiteOf(id: number, short: string): CipherSuite {
  const [exchange, body] = short.split('/');
  if (exchange === undefined || body === undefined) {
    const cipher = short.replace(/_(SHA\d+|SM3)$/, '');
    const name = `TLS_${short}`;
    const openssl = id >= 0x1301 && id <= 0x1305 ? name : null;
    const bits = short.startsWith('SHA') ? 0 : bitsOf(cipher);
    const flags = flagsOf(id, 'any', 'any', bits === 0 ? 'NULL' : cipher);
    return {
      id,
      name,
      openssl,
      era: 'TLSv1.3',
      keyExchange: 'any',
      authentication: 'any',
      cipher,
      bits,
      flags,
    };
  }
  const [keyExchange, authentication] = exchangeOf(exchange);
  const cipher = body.replace(/_(MD5|SHA|SHA256|SHA384|SHA_2|GOSTR3411|OMAC|IMIT|DRAFT)$/, '');
  return {
    id,
    name: `TLS_${exchange}_WITH_${body}`,
    openssl: opensslName(exchange, body),
    era: 'before',
    keyExchange,
    authentication,
    cipher,
    bits: bitsOf(cipher),
    flags: flagsOf(id, keyExchange, authentication, cipher, body),
  };
}

function exchangeOf(exchange: string): [keyExchange: string, CipherSuite['authentication']] {
  const plain = exchange.replace(/_(EXPORT1024|EXPORT|FIPS)$/, '');
  const exported = exchange.includes('EXPORT') ? '_EXPORT' : '';
  if (plain === 'RSA' || plain === 'RSA_PSK') return [`${plain}${exported}`, 'RSA'];
  const [, method = plain, signer] = /^(.+)_(RSA|ECDSA|DSS)$/.exec(plain) ?? [];
  return [`${method}${exported}`, (signer as CipherSuite['authentication'] | undefined) ?? 'none'];
}

function bitsOf(cipher: string): number {
  if (cipher === 'NULL') return 0;
  if (cipher.startsWith('3DES')) return 112;
  if (cipher.startsWith('DES40')) return 40;
  if (cipher === 'DES_CBC') return 56;
  if (/^(IDEA|SEED|SM4)/.test(cipher)) return 128;
  if (/^(CHACHA20|28147|KUZNYECHIK|MAGMA|GOST)/.test(cipher)) return 256;
  if (cipher.startsWith('FORTEZZA')) return 80;
  return Number(/_(\d{2,3})/.exec(cipher)?.[1] ?? 0);
}

function flagsOf(
  id: number,
  keyExchange: string,
  authentication: CipherSuite['authentication'],
  cipher: string,
  body = '',
): SuiteFlag[] {
  const strength = strengthOf(keyExchange, authentication, cipher, body);
  return WINDOWS.has(id) ? [strength, 'windows'] : [strength];
}

function strengthOf(
  keyExchange: string,
  authentication: CipherSuite['authentication'],
  cipher: string,
  body: string,
): SuiteFlag {
  if (cipher === 'NULL' || keyExchange.includes('_anon') || keyExchange.endsWith('_EXPORT'))
    return 'insecure';
  if (/^(DES|RC2|FORTEZZA)/.test(cipher)) return 'insecure';
  // RFC 7465; 64-bit blocks (CVE-2016-2183)
  if (/^(RC4|3DES|IDEA)/.test(cipher) || body.endsWith('_MD5')) return 'weak';
  if (keyExchange === 'any') return cipher.endsWith('CCM_8') ? 'legacy' : 'recommended';
  const hasForwardSecrecy = /^(ECDHE|DHE|ECCPWD|PSK_DHE)/.test(keyExchange);
  const isAead = /(GCM|CCM|CHACHA20_POLY1305)$/.test(cipher);
  return hasForwardSecrecy && isAead && authentication !== 'DSS' ? 'recommended' : 'legacy';
}

/** What OpenSSL 3 calls it; null for families that it does not have. */
function opensslName(exchange: string, body: string): string | null {
  if (/EXPORT|FIPS|FORTEZZA|KRB5|GOST|ECCPWD|DRAFT|^DH_(RSA|DSS)|^ECDH_(RSA|ECDSA)/.test(exchange + body))
    return null;
  if (/^(DES|IDEA)/.test(body) || /^ARIA.*CBC/.test(body) || `${exchange} ${body}`.startsWith('DH_anon ARIA'))
    return null;
  if (/^CAMELLIA.*GCM/.test(body) || (/CCM|AES.*GCM/.test(body) && exchange === 'ECDHE_PSK')) return null;
  const isPsk = exchange.includes('PSK');
  const isSrp = exchange.startsWith('SRP');
  const kind = exchange
    .replace(/^ECDH_anon$/, 'AECDH')
    .replace(/^DH_anon$/, 'ADH')
    .replace(/^PSK_DHE$/, 'DHE-PSK')
    .replace(/^SRP_SHA/, 'SRP')
    .replace(/^ECDHE_RSA$/, body.startsWith('ARIA') ? 'ECDHE' : 'ECDHE_RSA')
    .replace(/^RSA$/, '')
    .replaceAll('_', '-');
  const cipher = body
    .replace('3DES_EDE_CBC', isPsk || isSrp ? '3DES-EDE-CBC' : 'DES-CBC3')
    .replace(/^AES_(\d+)_CBC/, isSrp ? 'AES-$1-CBC' : isPsk ? 'AES$1-CBC' : 'AES$1')
    .replace(/^(AES|ARIA)_(\d+)_/, '$1$2-')
    .replace(/^CAMELLIA_(\d+)_CBC/, 'CAMELLIA$1')
    .replace(/^SEED_CBC/, 'SEED')
    .replace(/^RC4_128/, 'RC4')
    .replace(/^CHACHA20_POLY1305_SHA256$/, 'CHACHA20-POLY1305')
    .replace('CCM_8', 'CCM8')
    .replaceAll('_', '-');
  return kind === '' ? cipher : `${kind}-${cipher}`;
}

/** Every suite, by number. Signalling values (RFC 5746, RFC 7507) are not suites. */
export const CIPHER_SUITES: ReadonlyMap<number, CipherSuite> = new Map(
  RUNS.flatMap(([first, names]) =>
    names
      .split(/\s+/)
      .map((short, index) => [first + index, short] as const)
      .filter(([, short]) => short !== '-')
      .map(([id, short]) => [id, suiteOf(id, short)] as const),
  ),
);

/** RFC 7507 */
export const FALLBACK_SCSV = 0x5600;

/** IANA's name; '0x1a2b' for a number that has no name. */
export const suiteName = (id: number): string => CIPHER_SUITES.get(id)?.name ?? hexNumber(id);
