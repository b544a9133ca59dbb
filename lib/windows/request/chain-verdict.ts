import { statusName } from '../../base/errors/status-table.js';
import { printable } from '../../base/text/printable.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import { legacyObjectOf } from '../../formats/x509/legacy-object.js';
import { EXTENDED_KEY_USAGES } from '../../formats/x509/usages.js';
import type { Native } from '../../native/binding.js';
import { cachedChain } from '../trust/cached-chain.js';
import { trustFaults } from '../trust/trust-faults.js';

/** What Windows on this machine thinks of a certificate. Peers have other stores. */
export interface ChainVerdict {
  /**
   * - 'trusted': its chain ends with a root that Windows trusts
   * - 'untrusted-root': its chain ends with another root
   * - 'incomplete': an intermediate authority is missing, or the root is not known here
   * - 'refused': something else is wrong, see `faults`
   */
  readonly state: 'trusted' | 'untrusted-root' | 'incomplete' | 'refused';
  /**
   * What is wrong, most serious first: names of CERT_TRUST_* bits without prefix, such as 'IS_UNTRUSTED_ROOT', or the
   * status if Windows could not verify at all.
   */
  readonly faults: readonly string[];
  /** Subjects of the chain that Windows built, the certificate first. */
  readonly chain: readonly string[];
}

/** Something that stands between the certificate and its use. */
export interface MissingPiece {
  readonly code: 'ISSUER_MISSING' | 'ROOT_UNTRUSTED' | 'NOT_YET_VALID' | 'EXPIRED';
  /** In a sentence. */
  readonly meaning: string;
  /** What to do, in a sentence. */
  readonly remedy: string;
}

const STATES: Readonly<Record<string, ChainVerdict['state']>> = {
  IS_PARTIAL_CHAIN: 'incomplete',
  IS_UNTRUSTED_ROOT: 'untrusted-root',
};

/**
 * Revocation is not checked, and nothing is fetched.
 *
 * @param issuers authorities of its file (DER). A root among them need not be in a store to be recognized as one
 */
export async function chainVerdict(
  certificate: Uint8Array,
  issuers: readonly Uint8Array[],
  addon: Pick<Native, 'verifyChain'>,
): Promise<{ readonly verdict: ChainVerdict; readonly missing: readonly MissingPiece[] }> {
  const purposes = new CertificateContents(certificate).encodedKeyUsage;
  const isClient = purposes !== null && !purposes.includes(EXTENDED_KEY_USAGES.serverAuth);
  const { status, errorStatus, elements } = await cachedChain(
    certificate,
    isClient ? 'client' : 'server',
    addon,
    issuers,
  );
  const faults = status === 0 ? trustFaults(errorStatus).map(({ name }) => name) : [statusName(status)];
  const chain = elements.map((element) => new CertificateContents(element.certificate));
  const state = faults[0] === undefined ? 'trusted' : (STATES[faults[0]] ?? 'refused');
  const verdict = { state, faults, chain: chain.map(({ subject }) => subject) };
  return {
    verdict,
    missing: missingOf(verdict, chain.at(-1) ?? new CertificateContents(certificate), certificate),
  };
}

function missingOf({ faults }: ChainVerdict, last: CertificateContents, leaf: Uint8Array): MissingPiece[] {
  const { validFrom, validTo } = new CertificateContents(leaf);
  const missing: MissingPiece[] = [];
  if (validFrom > new Date()) {
    missing.push({
      code: 'NOT_YET_VALID',
      meaning: `The certificate is not valid before ${validFrom.toISOString()}.`,
      remedy: 'Wait until then, or correct the clock of this machine.',
    });
  } else if (validTo < new Date()) {
    missing.push({
      code: 'EXPIRED',
      meaning: `The certificate expired on ${validTo.toISOString()}.`,
      remedy: 'Have it issued again.',
    });
  }
  if (faults.includes('IS_PARTIAL_CHAIN')) {
    const address = issuerAddress(last.raw);
    missing.push({
      code: 'ISSUER_MISSING',
      meaning: `Windows has no certificate of ${printable(last.issuer)}. If that is an intermediate authority, peers refuse the certificate.`,
      remedy: `Ask the authority for its chain${address === null ? '' : ` (${printable(address)})`} and import it: "schannel cert import".`,
    });
  }
  if (faults.includes('IS_UNTRUSTED_ROOT')) {
    missing.push({
      code: 'ROOT_UNTRUSTED',
      meaning: `This machine does not trust the root ${printable(last.subject)}. Peers need it too.`,
      remedy: 'If it is the root of your company, an administrator trusts it: "schannel cert trust".',
    });
  }
  return missing;
}

/** Where the issuer's certificate can be fetched (AIA caIssuers); null if it is not said. */
function issuerAddress(certificate: Uint8Array): string | null {
  const parsed = parseCertificate(certificate);
  const addresses: unknown = parsed && legacyObjectOf(parsed).infoAccess?.['CA Issuers - URI'];
  return Array.isArray(addresses) && typeof addresses[0] === 'string' ? addresses[0] : null;
}
