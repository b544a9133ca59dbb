import type { StatusRow } from './status.js';

/**
 * Errors of WinHTTP: from Windows' own downloads (revocation lists, missing issuers), from its scripts for proxies, and
 * from programs that use it for TLS. Numbers from winhttp.h.
 */
export const WINHTTP_STATUSES: readonly StatusRow[] = [
  [12002, 'ERROR_WINHTTP_TIMEOUT', 'A download took too long.'],
  [12005, 'ERROR_WINHTTP_INVALID_URL', 'A URL is not valid.'],
  [
    12006,
    'ERROR_WINHTTP_UNRECOGNIZED_SCHEME',
    'A URL begins with something else than http or https.',
    'Put the script on a web server: Windows reads no script from a file any more.',
  ],
  [12007, 'ERROR_WINHTTP_NAME_NOT_RESOLVED', 'The name of a download server could not be resolved.'],
  [12029, 'ERROR_WINHTTP_CANNOT_CONNECT', 'A download server could not be reached.'],
  [12015, 'ERROR_WINHTTP_LOGIN_FAILURE', 'A server wants an account.'],
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
  [
    12166,
    'ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT',
    'The configuration script for proxies has an error.',
    'Ask who maintains the script. FindProxyForURL(url, host) must return a text.',
  ],
  [
    12167,
    'ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT',
    'The configuration script for proxies could not be fetched.',
    'Check its URL in the proxy settings of Windows, and that it can be read without an account.',
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
    12176,
    'ERROR_WINHTTP_UNHANDLED_SCRIPT_TYPE',
    'The configuration script for proxies is of an unknown kind.',
  ],
  [
    12177,
    'ERROR_WINHTTP_SCRIPT_EXECUTION_ERROR',
    'The configuration script for proxies failed while it ran.',
  ],
  [
    12178,
    'ERROR_WINHTTP_AUTO_PROXY_SERVICE_ERROR',
    'The service that finds proxies did not answer.',
    'Check that the service "WinHTTP Web Proxy Auto-Discovery Service" is not disabled.',
  ],
  [
    12179,
    'ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE',
    "The server's certificate does not allow use by servers.",
    'Use a certificate with serverAuth in its extended key usage.',
  ],
  [
    12180,
    'ERROR_WINHTTP_AUTODETECTION_FAILED',
    'No configuration script for proxies was found in the network.',
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
