import { Alert } from '../../../base/errors/alerts.js';
import { type Conclusion, fails, notes, works } from './conclusion.js';
import { adviceOf, hasCode, receivedAlert, sentenceOf } from './error-facts.js';
import type { Evidence, OwnCertificate, SeenTls } from './evidence.js';

/** The server asks for a certificate of its clients in the first handshake. */
export const asksForCertificate = ({ server, attempt }: Pick<Evidence, 'server' | 'attempt'>): boolean =>
  (attempt?.authorities ?? null) !== null ||
  (!('error' in server) && server.certificates.some(({ clientAuthorities }) => clientAuthorities !== null));

/** Alerts by which servers say that they want another certificate, or one at all. */
const ABOUT_CERTIFICATES: readonly number[] = [
  Alert.HandshakeFailure,
  Alert.NoCertificate,
  Alert.BadCertificate,
  Alert.UnsupportedCertificate,
  Alert.CertificateRevoked,
  Alert.CertificateExpired,
  Alert.CertificateUnknown,
  Alert.UnknownCa,
  Alert.AccessDenied,
  Alert.DecryptError,
  Alert.CertificateRequired,
];

/** A cut, and what Schannel makes of most alerts of TLS 1.3, which are encrypted (SEC_E_ILLEGAL_MESSAGE). */
const WITHOUT_ALERT = ['ECONNRESET', 'EPIPE', 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE'] as const;

/**
 * The server asked for a certificate, and this is how it ends connections that have shown none, or another one. Some
 * just cut them.
 */
export function isAboutCertificate(evidence: Evidence, error: Error): boolean {
  if (!asksForCertificate(evidence)) return false;
  if (
    hasCode(error, 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED', 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE')
  ) {
    return true;
  }
  // Nothing common is what both sides would say before a certificate is asked for.
  if (evidence.attempt?.connected == null && evidence.machine?.lacking != null) return false;
  const alert = receivedAlert(error);
  return alert === null ? hasCode(error, ...WITHOUT_ALERT) : ABOUT_CERTIFICATES.includes(alert);
}

/** The certificate that was given cannot be opened. */
export const isUnusable = ({ attempt }: Evidence): boolean =>
  attempt?.certificate === true && hasCode(attempt.error, /^ERR_SCHANNEL_(KEY_|STORE_|SYSTEM_CREDENTIAL$)/);

/** What the server wants of clients, and what this machine has. */
export function clientCertificateConclusions(evidence: Evidence, server: SeenTls): Conclusion[] {
  const { attempt } = evidence;
  const error = attempt?.error ?? null;
  if (error !== null && isUnusable(evidence)) {
    return [fails('CLIENT_CERTIFICATE_UNUSABLE', sentenceOf(error), null, adviceOf(error))];
  }
  if (!asksForCertificate(evidence)) {
    return server.certificates.length === 0
      ? []
      : [
          works(
            'CLIENT_CERTIFICATE_NOT_ASKED',
            'The server asks for no certificate in the first handshake.',
            'It may ask later, for a part of what it serves.',
          ),
        ];
  }
  const asked = `The server asks for a certificate${acceptedBy(evidence)}.`;
  if (attempt === null)
    return [notes('CLIENT_CERTIFICATE_OPTIONAL', asked, 'Whether it insists was not tried.')];
  const isEnded = error !== null && isAboutCertificate(evidence, error);
  if (attempt.certificate) {
    if (isEnded) return [refused(error)];
    return error === null
      ? [works('CLIENT_CERTIFICATE_ACCEPTED', `${asked} It has taken the given one.`)]
      : [];
  }
  if (!isEnded) {
    if (error !== null) return [notes('CLIENT_CERTIFICATE_OPTIONAL', asked)];
    return [
      notes(
        'CLIENT_CERTIFICATE_OPTIONAL',
        `${asked} It goes on without one.`,
        'It may refuse later, in the protocol above (403.7 of IIS).',
        whatToSend(evidence.certificates ?? []),
      ),
    ];
  }
  return [missing(asked, evidence.certificates ?? [])];
}

/** Those that could be sent. */
const suitable = (certificates: readonly OwnCertificate[]): OwnCertificate[] =>
  certificates.filter(({ accepted, problems }) => accepted && problems.length === 0);

function missing(asked: string, certificates: readonly OwnCertificate[]): Conclusion {
  const ended = `${asked} It got none, and ended the connection.`;
  const [first] = suitable(certificates);
  if (first !== undefined) {
    return fails(
      'CLIENT_CERTIFICATE_NOT_GIVEN',
      ended,
      'Nothing is sent unless a program names a certificate.',
      whatToSend(certificates),
    );
  }
  return fails('CLIENT_CERTIFICATE_NONE', ended, whyNone(certificates), remedyForNone(certificates));
}

const whatToSend = (certificates: readonly OwnCertificate[]): string | null => {
  const [first] = suitable(certificates);
  return first === undefined
    ? null
    : `Name one, such as ${first.subject}: the option certificate, or here --certificate ${first.thumbprint}.`;
};

function whyNone(certificates: readonly OwnCertificate[]): string {
  if (certificates.length === 0) return 'The personal stores of this account and this machine are empty.';
  const foreign = certificates.filter(({ accepted }) => !accepted).length;
  const broken = certificates.filter(({ accepted, problems }) => accepted && problems.length > 0);
  const [first] = broken;
  return [
    ...(foreign === 0
      ? []
      : [`${foreign} of ${certificates.length} certificates here are not of an authority that it accepts.`]),
    ...(first === undefined ? [] : [`${first.subject}: ${first.problems[0]?.meaning ?? ''}`]),
  ].join(' ');
}

function remedyForNone(certificates: readonly OwnCertificate[]): string {
  const broken = certificates.find(({ accepted, problems }) => accepted && problems.length > 0);
  return (
    broken?.problems[0]?.remedy ??
    'Have a certificate issued by an authority that the server accepts, and put it with its key into CurrentUser\\MY.'
  );
}

function refused(error: Error): Conclusion {
  return fails(
    'CLIENT_CERTIFICATE_REFUSED',
    sentenceOf(error),
    'The server got the certificate and ended the connection.',
    adviceOf(error) ??
      'Check it with schannel cert check --client, and whether the server trusts its issuer (403.16 of IIS).',
  );
}

function acceptedBy({ attempt, server }: Evidence): string {
  const names = attempt?.authorities ?? null;
  if (names !== null && names.length > 0) {
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return ` of ${names.slice(0, 3).join('; ')}${more}`;
  }
  const counts =
    'error' in server ? [] : server.certificates.map(({ clientAuthorities }) => clientAuthorities ?? 0);
  const count = Math.max(0, ...counts);
  return names === null && count > 0 ? ` of one of ${count} authorities` : '';
}
