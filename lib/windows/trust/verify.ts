import { type ChainTrust, SchannelError } from '../../base/errors/schannel-error.js';
import { errorFromStatus } from '../../base/errors/from-status.js';
import { printable } from '../../base/text/printable.js';
import { describeStatus } from '../../base/errors/status-table.js';
import type {
  NativeSession,
  NativeTrust,
  NativeVerifyOutcome,
  NativeVerifyRequest,
} from '../../native/binding.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import { checkLists } from './list-check.js';
import type { RevocationList } from '../../formats/x509/revocation-list.js';
import { type RevocationMode, revocationRules } from './revocation.js';
import { faultOfPolicy, trustFaults } from './trust-faults.js';
import { verifyCode } from './verify-code.js';
import { VERIFY_TEXTS, type VerifyCode } from './verify-texts.js';

/** What to verify, and how. */
export interface VerifySubject {
  /** The session with the peer to verify; null to verify {@link certificates}. */
  readonly session: NativeSession | null;
  /** DER: the certificate to verify, then possible issuers. Used only without a session. */
  readonly certificates: readonly Uint8Array[];
  /** The only trust anchors; null for Windows' own. */
  readonly trust: NativeTrust | null;
  /** Which side the peer is. */
  readonly role: 'server' | 'client';
  readonly revocation: RevocationMode;
  /**
   * Time limit in milliseconds for all revocation lookups together, and for each download of an issuer. 0 means
   * Windows' 15 s for each.
   */
  readonly urlTimeout: number;
  /**
   * Whether to fetch issuers that a server did not send from the addresses in its certificates. Never done for
   * clients. Default true.
   */
  readonly fetchIssuers?: boolean;
}

/** The result of a verification. */
export interface Verdict {
  readonly authorized: boolean;
  /**
   * The reason for a refusal. Its code is one of node:tls, or ERR_SCHANNEL_SYSTEM_FAILURE if Windows could not verify
   * at all.
   */
  readonly error: SchannelError | null;
  /** DER of the chain that Windows built, leaf first. It ends with the root if one was found. */
  readonly chain: readonly Uint8Array[];
  readonly revocation: RevocationResult;
  /** Names of faults that were found but ignored, such as REVOCATION_STATUS_UNKNOWN with revocation 'soft'. */
  readonly ignored: readonly string[];
}

/** `'good'` only if Windows has an answer for each certificate below the root. */
export type RevocationResult = 'not-checked' | 'good' | 'unknown' | 'revoked';

/** Extended key usages (RFC 5280 §4.2.1.12) of servers and clients. */
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** The add-on's status if the peer sent no certificate. */
const SEC_E_NO_CREDENTIALS = 0x8009030e;

/** With custom anchors, Windows need not fetch roots from Microsoft's program. */
const DISABLE_AUTH_ROOT_AUTO_UPDATE = 0x100;

/**
 * A client's certificate names the address of its issuer. A server must not connect to an address that an unknown
 * client chose, nor wait for the answer (dotnet/docs "Client authentication doesn't download missing intermediates").
 */
const DISABLE_AIA = 0x2000;

/** The request for the add-on. */
export function verifyRequest(subject: VerifySubject): NativeVerifyRequest {
  const { session, certificates, trust, role, urlTimeout, fetchIssuers = true } = subject;
  const { chainFlags, policyFlags } = revocationRules(subject.revocation);
  const fetches = fetchIssuers && role === 'server';
  const fewer = (trust === null ? 0 : DISABLE_AUTH_ROOT_AUTO_UPDATE) | (fetches ? 0 : DISABLE_AIA);
  return {
    session,
    certificates,
    trust,
    usage: USAGES[role],
    role,
    chainFlags: (chainFlags | fewer) >>> 0,
    policyFlags,
    urlTimeout,
  };
}

/**
 * Evaluates Windows' results. Both the trust status and the policy count: each finds faults that the other misses
 * (Wine's policy accepts incomplete chains and violated name constraints). For the host name see checkIdentity().
 *
 * @param now milliseconds since 1970, to distinguish "expired" from "not valid yet"
 */
export function judge(outcome: NativeVerifyOutcome, mode: RevocationMode, now = Date.now()): Verdict {
  const chain = outcome.elements.map((element) => element.certificate);
  if (outcome.status === SEC_E_NO_CREDENTIALS) return verdictWithoutCertificate();
  if (outcome.status !== 0) {
    const { status, syscall } = outcome;
    const error = errorFromStatus({ status, syscall, phase: 'verify' });
    return { authorized: false, error, chain, revocation: 'not-checked', ignored: [] };
  }
  const { ignoredTrust } = revocationRules(mode);
  const fault = findFault(outcome, ignoredTrust);
  const error = fault === null ? null : faultError(fault, outcome, now);
  const ignored = trustFaults(outcome.errorStatus & ignoredTrust).map(({ name }) => name);
  return { authorized: error === null, error, chain, revocation: revocationResult(outcome, mode), ignored };
}

/** Windows' verdict, and that of the program's own lists. Those are not consulted if the chain is refused anyway. */
export function withLists(verdict: Verdict, lists: readonly RevocationList[], now = Date.now()): Verdict {
  if (!verdict.authorized || lists.length === 0) return verdict;
  const fault = checkLists(verdict.chain, lists, now);
  if (fault === null) return { ...verdict, revocation: 'good' };
  const { code, element } = fault;
  const subject = element === 0 ? '' : ` (issuer ${String(subjectOf(verdict.chain[element]))})`;
  const { advice } = adviceOn(code, 0);
  const error = new SchannelError(code, `${VERIFY_TEXTS[code].message}${subject}`, {
    phase: 'verify',
    advice,
  });
  return {
    ...verdict,
    authorized: false,
    error,
    revocation: code === 'CERT_REVOKED' ? 'revoked' : 'unknown',
  };
}

/**
 * The verdict on a certificate that OpenSSL cannot read. Windows keeps names and serial numbers as bytes and may find
 * nothing wrong, but the certificate's owner is then unknown.
 */
export function withoutIdentity(verdict: Verdict): Verdict {
  const error = new SchannelError(
    'ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE',
    'the certificate of the peer cannot be read, so that nobody can tell whose it is',
    {
      phase: 'verify',
      advice: 'Have the peer use a certificate that is encoded by the rules of X.509.',
      ...(verdict.error === null ? {} : { cause: verdict.error }),
    },
  );
  return { ...verdict, authorized: false, error };
}

/** The verdict when the peer sent no certificate at all (Node's code for it). */
export function verdictWithoutCertificate(): Verdict {
  const error = verifyError('UNABLE_TO_GET_ISSUER_CERT', { status: SEC_E_NO_CREDENTIALS });
  return { authorized: false, error, chain: [], revocation: 'not-checked', ignored: [] };
}

interface Fault {
  readonly bit: number;
  readonly status: number;
  readonly syscall: string;
  readonly element: number | null;
}

function findFault(outcome: NativeVerifyOutcome, ignoredTrust: number): Fault | null {
  const [worst] = trustFaults(outcome.errorStatus & ~ignoredTrust);
  if (worst !== undefined) {
    const index = outcome.elements.findIndex((element) => (element.errorStatus & worst.bit) !== 0);
    const { bit, status } = worst;
    return { bit, status, syscall: 'CertGetCertificateChain', element: index < 0 ? null : index };
  }
  const { error, elementIndex } = outcome.policy;
  if (error === 0) return null;
  const known = faultOfPolicy(error);
  if (known !== null && (known.bit & ignoredTrust) !== 0) return null;
  const element = elementIndex < 0 ? null : elementIndex;
  return {
    bit: known?.bit ?? 0,
    status: known?.status ?? error,
    syscall: 'CertVerifyCertificateChainPolicy',
    element,
  };
}

function faultError(fault: Fault, outcome: NativeVerifyOutcome, now: number): SchannelError {
  const { bit, status, syscall, element } = fault;
  const code = verifyCode({ bit, status, element, chain: outcome.elements, now });
  const trust: ChainTrust = {
    errorStatus: outcome.errorStatus >>> 0,
    faults: trustFaults(outcome.errorStatus).map(({ name }) => name),
    policyStatus: outcome.policy.error >>> 0,
    element,
    subject: element === null ? null : subjectOf(outcome.elements[element]?.certificate),
  };
  return verifyError(code, { status, syscall, trust });
}

function verifyError(
  code: VerifyCode,
  details: { status: number; syscall?: string; trust?: ChainTrust },
): SchannelError {
  const { message } = VERIFY_TEXTS[code];
  const { trust } = details;
  // A fault usually concerns the leaf. If it concerns an issuer, the message names it.
  const issuer = trust?.subject != null && trust.element !== 0 ? ` (issuer ${trust.subject})` : '';
  const { hint, advice } = adviceOn(code, details.status);
  // What to do is in the advice, so that the message keeps OpenSSL's text, which programs search for.
  const more = code === 'CERT_REJECTED' ? `; ${hint}` : '';
  return new SchannelError(code, `${message}${issuer}${more}`, { ...details, phase: 'verify', advice });
}

/** CERT_REJECTED stands for all faults without an equivalent in OpenSSL. Windows' status says more about them. */
function adviceOn(code: VerifyCode, status: number): { hint: string; advice: string } {
  const entry = code === 'CERT_REJECTED' ? describeStatus(status) : null;
  if (entry !== null) {
    const { name, meaning, remedy } = entry;
    return { hint: `${name}: ${meaning.replace(/\.$/, '')}`, advice: remedy ?? meaning };
  }
  const { hint } = VERIFY_TEXTS[code];
  return { hint, advice: `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.` };
}

function subjectOf(der: Uint8Array | undefined): string | null {
  const certificate = parseCertificate(der);
  return certificate === null ? null : printable(certificate.subject.replaceAll('\n', ', '));
}

const IS_REVOKED = 0x4;
const REVOCATION_UNKNOWN = 0x40 | 0x01000000;
const INCOMPLETE = 0x20 | 0x10000;

/** Uses the trust bits: Wine 10 checks, but has no revocation information on the elements. */
function revocationResult({ errorStatus }: NativeVerifyOutcome, mode: RevocationMode): RevocationResult {
  if ((errorStatus & IS_REVOKED) !== 0) return 'revoked';
  // Without a trusted root, Windows does not check revocation.
  if (mode === 'off' || (errorStatus & INCOMPLETE) !== 0) return 'not-checked';
  return (errorStatus & REVOCATION_UNKNOWN) === 0 ? 'good' : 'unknown';
}
