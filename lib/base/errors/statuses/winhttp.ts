import type { StatusRow } from './status.js';

/**
 * Errors of WinHTTP: from Windows' own downloads (revocation lists, missing issuers), and from programs that use it
 * for TLS. Numbers from winhttp.h.
 */
export const WINHTTP_STATUSES: readonly StatusRow[] = [
  [12002, 'ERROR_WINHTTP_TIMEOUT', 'A download took too long.'],
  [12007, 'ERROR_WINHTTP_NAME_NOT_RESOLVED', 'The name of a download server could not be resolved.'],
  [12029, 'ERROR_WINHTTP_CANNOT_CONNECT', 'A download server could not be reached.'],
  [
    12037,
    'ERROR_WINHTTP_SECURE_CERT_DATE_INVALID',
    "The server's certificate has expired or is not valid yet.",
    'Renew the certificate and check the clocks.',
  ],
  [
    12038,
    'ERROR_WINHTTP_SECURE_CERT_CN_INVALID',
    "The server's certificate is not for the name that was asked for.",
    'Use a name the certificate lists.',
  ],
  [
    12044,
    'ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED',
    'The server asks for a client certificate.',
    'Give a client certificate.',
  ],
  [
    12045,
    'ERROR_WINHTTP_SECURE_INVALID_CA',
    "The server's certificate ends in an authority that is not trusted.",
    'Install its root in the Windows store "Trusted Root Certification Authorities".',
  ],
  [
    12057,
    'ERROR_WINHTTP_SECURE_CERT_REV_FAILED',
    "Whether the server's certificate is revoked could not be found out.",
    'Let the machine reach the revocation server; services use the proxy of WinHTTP (netsh winhttp show proxy).',
  ],
  [
    12157,
    'ERROR_WINHTTP_SECURE_CHANNEL_ERROR',
    'The TLS handshake failed.',
    'Look at the Schannel entries of the System event log.',
  ],
  [12169, 'ERROR_WINHTTP_SECURE_INVALID_CERT', "The server's certificate is not valid."],
  [
    12170,
    'ERROR_WINHTTP_SECURE_CERT_REVOKED',
    "The server's certificate was revoked.",
    'Replace the certificate.',
  ],
  [
    12175,
    'ERROR_WINHTTP_SECURE_FAILURE',
    "Something is wrong with the server's certificate, or the two sides have no protocol version in common.",
    'Look at the Schannel entries of the System event log.',
  ],
  [
    12179,
    'ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE',
    "The server's certificate is not meant for servers.",
    'Use a certificate whose extended key usage has serverAuth.',
  ],
  [
    12185,
    'ERROR_WINHTTP_CLIENT_CERT_NO_PRIVATE_KEY',
    'The client certificate has no private key.',
    'Import the PFX rather than the certificate.',
  ],
  [
    12186,
    'ERROR_WINHTTP_CLIENT_CERT_NO_ACCESS_PRIVATE_KEY',
    'This account may not use the private key of the client certificate.',
    'Grant it read access (certlm.msc, Manage Private Keys).',
  ],
];
