import { SIGNATURE_SCHEMES } from '../../formats/tls-wire/signature-schemes.js';
import { CIPHER_SUITES, type CipherSuite } from '../../formats/tls-wire/suites.js';
import type { Asker } from './asker.js';
import { certificatesBefore13, certificatesIn13, type Shown } from './certificates.js';
import type { CertificateReport } from './report.js';
import type { Clear, Opened } from './spoken.js';

export interface SurveyedCertificates {
  readonly reports: readonly CertificateReport[];
  readonly needsServername: boolean | null;
}

/**
 * The certificate of each kind of key, before TLS 1.3 and in it, and what clients without a name see.
 *
 * @param clear with suites that the server may have
 * @param known with those that it has; only then kinds of key are asked for that are rare
 */
export async function surveyCertificates(
  asker: Asker,
  clear: Clear | null,
  known: Promise<Clear | null>,
  opened: Opened | null,
): Promise<SurveyedCertificates> {
  const before = clear === null ? [] : shownBy(asker, clear, ['RSA', 'ECDSA']);
  const rare = known.then((all) => Promise.all(all === null ? [] : shownBy(asker, all, ['DSS'])));
  const in13 =
    opened === null ? [] : SCHEMES_BY_KEY.map((schemes) => certificatesIn13(asker, opened, { schemes }));
  const [shown, nameless] = await Promise.all([
    Promise.all([...before, rare, ...in13]),
    namelessCertificate(asker, clear, opened),
  ]);
  const all = shown.flat();
  for (const each of [...all, nameless]) {
    if (each !== null && 'refusal' in each) asker.doubt('certificates', each.refusal);
  }
  const reports = unique(all.flatMap((each) => ('report' in each ? [each.report] : [])));
  return { reports, needsServername: reports.length === 0 ? null : needsName(reports, nameless) };
}

/** What the server shows to a client that sends no name; null if none is sent anyway. */
async function namelessCertificate(
  asker: Asker,
  clear: Clear | null,
  opened: Opened | null,
): Promise<Shown | null> {
  if (asker.servername === null) return null;
  if (clear !== null) return certificatesBefore13(asker, clear, null);
  return opened === null ? null : certificatesIn13(asker, opened, { servername: null });
}

function needsName(reports: readonly CertificateReport[], nameless: Shown | null): boolean | null {
  if (nameless === null) return null;
  if ('refusal' in nameless) return nameless.refusal.kind === 'unsure' ? null : true;
  return !reports.some((report) => isSame(report, nameless.report));
}

/** What the server shows with suites of each kind of key. */
const shownBy = (
  asker: Asker,
  clear: Clear,
  kinds: readonly CipherSuite['authentication'][],
): Promise<Shown>[] =>
  kinds
    .map((kind) => clear.suites.filter((suite) => CIPHER_SUITES.get(suite)?.authentication === kind))
    .filter((suites) => suites.length > 0)
    .map((suites) => certificatesBefore13(asker, { ...clear, suites }));

/** Signature schemes of each kind of key, as far as TLS 1.3 has them. */
const SCHEMES_BY_KEY: readonly (readonly number[])[] = [
  [
    SIGNATURE_SCHEMES.ecdsa_secp256r1_sha256,
    SIGNATURE_SCHEMES.ecdsa_secp384r1_sha384,
    SIGNATURE_SCHEMES.ecdsa_secp521r1_sha512,
  ],
  [
    SIGNATURE_SCHEMES.rsa_pss_rsae_sha256,
    SIGNATURE_SCHEMES.rsa_pss_rsae_sha384,
    SIGNATURE_SCHEMES.rsa_pss_rsae_sha512,
    SIGNATURE_SCHEMES.rsa_pss_pss_sha256,
    SIGNATURE_SCHEMES.rsa_pss_pss_sha384,
    SIGNATURE_SCHEMES.rsa_pss_pss_sha512,
    // For the signatures in the chain: it is not used in the handshake.
    SIGNATURE_SCHEMES.rsa_pkcs1_sha256,
  ],
  [SIGNATURE_SCHEMES.ed25519, SIGNATURE_SCHEMES.ed448],
];

const isSame = (one: CertificateReport, other: CertificateReport): boolean =>
  one.chain[0]?.fingerprint256 === other.chain[0]?.fingerprint256;

/** A certificate that was shown twice in the same version is reported once. */
const unique = (reports: readonly CertificateReport[]): CertificateReport[] =>
  reports.filter(
    (one, index) =>
      reports.findIndex((other) => isSame(one, other) && one.version === other.version) === index,
  );
