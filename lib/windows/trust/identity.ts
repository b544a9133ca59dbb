import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls';
import { domainToASCII } from 'node:url';
import { printable } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';

/**
 * As in node:tls: undefined if the certificate is for the host, otherwise the reason. The certificate is linked to its
 * issuers.
 */
export type CheckServerIdentity = (
  hostname: string,
  certificate: DetailedPeerCertificate,
) => Error | undefined;

const CERT_E_CN_NO_MATCH = 0x800b010f;

/**
 * Checks whether the certificate is for this host, by Node's rules and never by Windows' SSL policy: the policy
 * compares IP addresses only since Windows 10, and has different rules for the common name.
 *
 * @param certificate linked to its issuers, if there is a `check`
 * @param check the caller's check; its error is returned unchanged. Default: tls.checkServerIdentity.
 * @returns null if it is
 */
export function checkIdentity(
  hostname: string,
  certificate: PeerCertificate,
  check?: CheckServerIdentity,
): Error | null {
  if (check !== undefined && check !== checkServerIdentity) {
    // As in node:tls, any falsy value approves.
    const error: unknown = check(hostname, certificate as DetailedPeerCertificate);
    return error ? (error as Error) : null;
  }
  const error = checkServerIdentity(asciiName(hostname), certificate);
  return error === undefined ? null : identityError(error);
}

/** Certificates contain A-labels. Node converts names only since version 22. */
const asciiName = (hostname: string): string =>
  /^[\x20-\x7e]*$/.test(hostname) ? hostname : domainToASCII(hostname);

/** What tls.checkServerIdentity() adds to its error. */
interface IdentityDetails {
  readonly reason?: string;
  readonly host?: string;
  readonly cert?: PeerCertificate;
}

/**
 * Whether the certificate lists the host among its alternative names. That is true for nearly every server, and saves
 * the costly object that {@link checkIdentity} needs. false is no answer: call checkIdentity() then.
 */
export function listsHost(hostname: string, certificate: Uint8Array | undefined): boolean {
  const subjectaltname = parseCertificate(certificate)?.subjectAltName;
  if (subjectaltname === undefined) return false;
  // Node's function reads the subject only if there is no usable alternative name.
  const names = { subject: {}, subjectaltname } as Pick<PeerCertificate, 'subject' | 'subjectaltname'>;
  return checkServerIdentity(hostname, names as PeerCertificate) === undefined;
}

/** It lists all names of the certificate, which may be thousands. */
const LONGEST_MESSAGE = 1000;

/** Node's error with its properties, as an error of this library. */
function identityError({ message, reason = '', host, cert }: Error & IdentityDetails): Error {
  const error = new SchannelError('ERR_TLS_CERT_ALTNAME_INVALID', printable(message, LONGEST_MESSAGE), {
    status: CERT_E_CN_NO_MATCH,
    phase: 'verify',
    advice: 'Use a name that the certificate lists, or set servername to one.',
  });
  return Object.assign(error, { reason: printable(reason, LONGEST_MESSAGE), host, cert });
}
