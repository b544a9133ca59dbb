/** A status of IIS about TLS and client certificates: HTTP status and sub-status, as its log has them. */
export interface HttpSubStatusEntry {
  /** '403.13'. */
  readonly code: string;
  /** A short name of ours. */
  readonly name: string;
  readonly meaning: string;
  readonly remedy: string;
}

type Row = readonly [code: string, name: string, meaning: string, remedy: string];

/** "The HTTP status code in IIS" (KB943891) has the numbers; the remedies come from practice. */
const ROWS: readonly Row[] = [
  [
    '403.4',
    'TLS required',
    'The page is only available over https.',
    'Use https, or configure the server to redirect to it.',
  ],
  [
    '403.5',
    '128 bits required',
    'The server requires 128-bit encryption, and the connection has less.',
    'Enable modern cipher suites on both sides.',
  ],
  [
    '403.7',
    'client certificate required',
    'The server requires a client certificate and received none: the client has no suitable one, or the handshake did not request one.',
    'Use a client certificate. With TLS 1.3, the binding on the server needs "Negotiate Client Certificate" (netsh: clientcertnegotiation=enable), because there is no renegotiation.',
  ],
  [
    '403.12',
    'mapper denied access',
    'The client certificate is mapped to an account that may not read the page, or a rule refuses it.',
    'Check the mapping rules of the site and the rights of the mapped account.',
  ],
  [
    '403.13',
    'client certificate revoked',
    'The client certificate is revoked, or the server could not check this because the list of the issuer is outdated or unreachable.',
    'On the server, run certutil -verify -urlfetch with the certificate, under the account of the service. If the certificate is revoked, replace it.',
  ],
  [
    '403.16',
    'client certificate not trusted',
    'The client certificate is malformed, or the server does not trust its issuer.',
    'Install the issuing root in LocalMachine\\Root of the server and the intermediates in LocalMachine\\CA. If Root has a certificate that is not self-signed, IIS refuses all client certificates.',
  ],
  [
    '403.17',
    'client certificate expired',
    'The client certificate has expired or is not yet valid.',
    'Renew the client certificate and check the clocks.',
  ],
];

/** Every sub-status that the library knows. */
export const HTTP_SUB_STATUS_TABLE: readonly HttpSubStatusEntry[] = Object.freeze(
  ROWS.map(([code, name, meaning, remedy]) => Object.freeze({ code, name, meaning, remedy })),
);

const byCode = new Map(HTTP_SUB_STATUS_TABLE.map((entry) => [entry.code, entry]));

/** The entry of '403.13'; null when unknown. */
export const describeHttpSubStatus = (code: string): HttpSubStatusEntry | null => byCode.get(code) ?? null;
