/**
 * How revocation takes part in the verdict.
 *
 * - `'off'`: not looked at, as in node:tls without `crl`.
 * - `'soft'`: looked up; a revoked certificate is refused, an authority that publishes nothing or cannot be reached is not.
 * - `'hard'`: looked up; what cannot be found out is refused.
 * - `'cache-only'`: as `'soft'`, but only from what Windows has in its cache: never the network. Issuers may be fetched
 *   all the same.
 */
export type RevocationMode = 'off' | 'soft' | 'hard' | 'cache-only';

export const REVOCATION_MODES: readonly RevocationMode[] = Object.freeze([
  'off',
  'soft',
  'hard',
  'cache-only',
]);

/** What a mode means in numbers. */
export interface RevocationRules {
  /** CERT_CHAIN_* flags for CertGetCertificateChain. */
  readonly chainFlags: number;
  /** CERT_CHAIN_POLICY_IGNORE_* flags for CertVerifyCertificateChainPolicy. */
  readonly policyFlags: number;
  /** CERT_TRUST_* bits that do not count. */
  readonly ignoredTrust: number;
}

// A root is trusted by being there: it is not revoked by a list it signs itself.
const CHECK_CHAIN_EXCLUDE_ROOT = 0x40000000;
// One budget for all that is looked up about revocation, where each download may use half of what is left; without it each
// has the full limit. Downloads of issuers are not part of it ("CertGetCertificateChain function").
const ACCUMULATIVE_TIMEOUT = 0x08000000;
const CHECK_CACHE_ONLY = 0x80000000;

const IGNORE_NOT_TIME_NESTED = 0x4;
const IGNORE_ALL_REV_UNKNOWN = 0xf00;

// RFC 5280 dropped the demand that a CA outlives what it issues; curl and Chromium do not look at it either.
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

/** What a mode asks of Windows and of the verdict. */
export const revocationRules = (mode: RevocationMode): RevocationRules => RULES[mode];
