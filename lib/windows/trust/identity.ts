import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls';
import { domainToASCII } from 'node:url';
import { printable } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';

/** As in node:tls: undefined when the certificate is for the host, else why it is not. The certificate has its issuers. */
export type CheckServerIdentity = (
  hostname: string,
  certificate: DetailedPeerCertificate,
) => Error | undefined;

const CERT_E_CN_NO_MATCH = 0x800b010f;

/**
 * Asks whether the certificate is for this host. Done in JavaScript by Node's own rules, never by the SSL policy:
 * that one compares IP addresses only from Windows 10 on, and follows rules of its own for the common name.
 *
 * @param certificate with its issuers, if there is a `check`
 * @param check the caller's own check; its error is passed on as it is. Default: tls.checkServerIdentity.
 * @returns null when it is
 */
export function checkIdentity(
  hostname: string,
  certificate: PeerCertificate,
  check?: CheckServerIdentity,
): Error | null {
  if (check !== undefined && check !== checkServerIdentity) {
    // As in node:tls whatever is falsy approves.
    const error: unknown = check(hostname, certificate as DetailedPeerCertificate);
    return error ? (error as Error) : null;
  }
  const error = checkServerIdentity(asciiName(hostname), certificate);
  return error === undefined ? null : identityError(error);
}

/** Certificates hold A-labels; Node compares with them by itself only from version 22 on. */
const asciiName = (hostname: string): string =>
  /^[\x20-\x7e]*$/.test(hostname) ? hostname : domainToASCII(hostname);

/** What tls.checkServerIdentity() adds to its error. */
interface IdentityDetails {
  readonly reason?: string;
  readonly host?: string;
  readonly cert?: PeerCertificate;
}

/**
 * Whether the certificate lists the host among its alternative names: the answer for nearly every server, without the
 * costly object that {@link checkIdentity} takes. false says nothing; ask that one then.
 */
export function listsHost(hostname: string, certificate: Uint8Array | undefined): boolean {
  const subjectaltname = parseCertificate(certificate)?.subjectAltName;
  if (subjectaltname === undefined) return false;
  // Node's function looks at the subject only where no alternative name counts.
  const names = { subject: {}, subjectaltname } as Pick<PeerCertificate, 'subject' | 'subjectaltname'>;
  return checkServerIdentity(hostname, names as PeerCertificate) === undefined;
}

/** It lists all names of the certificate, and there may be thousands. */
const LONGEST_MESSAGE = 1000;

/** Node's error with its properties, and what all our errors have. */
function identityError({ message, reason = '', host, cert }: Error & IdentityDetails): Error {
  const error = new SchannelError('ERR_TLS_CERT_ALTNAME_INVALID', printable(message, LONGEST_MESSAGE), {
    status: CERT_E_CN_NO_MATCH,
    phase: 'verify',
    advice: 'Use a name that the certificate lists, or set servername to one.',
  });
  return Object.assign(error, { reason: printable(reason, LONGEST_MESSAGE), host, cert });
}
