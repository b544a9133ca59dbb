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
    "The server's certificate has expired or is not yet valid.",
    'Renew the certificate and check the clocks.',
  ],
  [
    12038,
    'ERROR_WINHTTP_SECURE_CERT_CN_INVALID',
    "The server's certificate does not match the requested name.",
    'Use a name in the certificate.',
  ],
  [
    12044,
    'ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED',
    'The server asks for a client certificate.',
    'Use a client certificate.',
  ],
  [
    12045,
    'ERROR_WINHTTP_SECURE_INVALID_CA',
    "The chain of the server's certificate ends in an authority that is not trusted.",
    'Install its root in the Windows store "Trusted Root Certification Authorities".',
  ],
  [
    12057,
    'ERROR_WINHTTP_SECURE_CERT_REV_FAILED',
    "The revocation status of the server's certificate is unknown.",
    'Allow the machine to reach the revocation server. Services use the proxy of WinHTTP (netsh winhttp show proxy).',
  ],
  [
    12157,
    'ERROR_WINHTTP_SECURE_CHANNEL_ERROR',
    'The TLS handshake failed.',
    'See the Schannel entries in the System event log.',
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
    "The server's certificate is not acceptable, or the two sides have no protocol version in common.",
    'See the Schannel entries in the System event log.',
  ],
  [
    12179,
    'ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE',
    "The server's certificate does not allow use by servers.",
    'Use a certificate with serverAuth in its extended key usage.',
  ],
  [
    12185,
    'ERROR_WINHTTP_CLIENT_CERT_NO_PRIVATE_KEY',
    'The client certificate has no private key.',
    'Import the PFX instead of the certificate.',
  ],
  [
    12186,
    'ERROR_WINHTTP_CLIENT_CERT_NO_ACCESS_PRIVATE_KEY',
    'This account may not use the private key of the client certificate.',
    'Let it use the key: "schannel cert grant", or certlm.msc, Manage Private Keys.',
  ],
];
