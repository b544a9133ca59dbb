/**
 * How revocation is checked.
 *
 * - `'off'`: not checked, as in node:tls without `crl`.
 * - `'soft'`: checked. A revoked certificate is refused. It is accepted if its authority publishes nothing or cannot
 *   be reached.
 * - `'hard'`: checked. A certificate with unknown status is refused.
 * - `'cache-only'`: as `'soft'`, but only with what Windows has cached, without network access. Issuers may still be
 *   fetched.
 */
export type RevocationMode = 'off' | 'soft' | 'hard' | 'cache-only';

export const REVOCATION_MODES: readonly RevocationMode[] = Object.freeze([
  'off',
  'soft',
  'hard',
  'cache-only',
]);

/** The flags of a mode. */
export interface RevocationRules {
  /** CERT_CHAIN_* flags for CertGetCertificateChain. */
  readonly chainFlags: number;
  /** CERT_CHAIN_POLICY_IGNORE_* flags for CertVerifyCertificateChainPolicy. */
  readonly policyFlags: number;
  /** CERT_TRUST_* bits that are ignored. */
  readonly ignoredTrust: number;
}

// A root is trusted explicitly, so a list that it signs itself cannot revoke it.
const CHECK_CHAIN_EXCLUDE_ROOT = 0x40000000;
// One time limit for all revocation lookups together, where each download may use half of what is left. Without this
// flag each has the full limit. Downloads of issuers don't count ("CertGetCertificateChain function").
const ACCUMULATIVE_TIMEOUT = 0x08000000;
const CHECK_CACHE_ONLY = 0x80000000;

const IGNORE_NOT_TIME_NESTED = 0x4;
const IGNORE_ALL_REV_UNKNOWN = 0xf00;

// RFC 5280 no longer requires that an authority outlives what it issues. curl and Chromium ignore this too.
const NOT_TIME_NESTED = 0x2;
const REVOCATION_UNKNOWN = 0x40 | 0x01000000;

const lenient = (chainFlags: number): RevocationRules => ({
  chainFlags: chainFlags >>> 0,
  policyFlags: IGNORE_NOT_TIME_NESTED | IGNORE_ALL_REV_UNKNOWN,
  ignoredTrust: NOT_TIME_NESTED | REVOCATION_UNKNOWN,
});

const RULES: Readonly<Record<RevocationMode, RevocationRules>> = {
  off: lenient(0),
  soft: lenient(CHECK_CHAIN_EXCLUDE_ROOT | ACCUMULATIVE_TIMEOUT),
  hard: {
    chainFlags: CHECK_CHAIN_EXCLUDE_ROOT | ACCUMULATIVE_TIMEOUT,
    policyFlags: IGNORE_NOT_TIME_NESTED,
    ignoredTrust: NOT_TIME_NESTED,
  },
  'cache-only': lenient(CHECK_CHAIN_EXCLUDE_ROOT | CHECK_CACHE_ONLY),
};

/** The flags for each mode. */
export const revocationRules = (mode: RevocationMode): RevocationRules => RULES[mode];
