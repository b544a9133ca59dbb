import { finding, type Finding } from './finding.js';
import type { CertificateReport } from './report.js';

const RENEW =
  'Look at the log of the server: it must fetch a new response from the OCSP responder of its authority.';

/** What a stapled OCSP response says against a certificate, or against itself. @param now milliseconds since 1970 */
export function stapleFindings({ version, key, ocsp }: CertificateReport, now: number): Finding[] {
  if (ocsp === null || ocsp.status === 'unknown') return [];
  const where = `the certificate in ${version}${key === null ? '' : ` (${key})`}`;
  if (ocsp.status === 'other' || ocsp.status === 'unreadable') {
    const what = ocsp.status === 'other' ? 'is not about it' : 'cannot be read';
    return [finding('staple-unusable', 'weak', `The OCSP response with ${where} ${what}.`, RENEW)];
  }
  const until = Date.parse(ocsp.nextUpdate ?? '');
  return [
    ...(ocsp.status === 'revoked'
      ? [
          finding(
            'certificate-revoked',
            'insecure',
            `The stapled OCSP response says that ${where} is revoked.`,
            'Get a new certificate with a new key.',
          ),
        ]
      : []),
    ...(until < now
      ? [
          finding(
            'staple-expired',
            'weak',
            `The OCSP response with ${where} was good until ${new Date(until).toISOString()}.`,
            RENEW,
          ),
        ]
      : []),
  ];
}
