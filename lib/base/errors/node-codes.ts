/**
 * Codes of Node's that errors of connections have, in this library as in node:tls (the documentation of Node,
 * "Errors"). Codes of certificates are those of trust failures.
 */
export const NODE_CODES = {
  EAI_AGAIN: {
    meaning: 'The name servers did not answer.',
    remedy: 'Check the network, and the name servers of this machine.',
  },
  ECONNREFUSED: {
    meaning: 'Nothing listens on this port of the machine, or a firewall refuses.',
    remedy: 'Check the port, and whether the service runs.',
  },
  ECONNRESET: {
    meaning:
      'The other side cut the connection. In a handshake, servers do so that want another version, cipher suite, name or client certificate; http.sys is one of them.',
    remedy: 'Run "schannel doctor --connect" with the server. Otherwise look into the log of the other side.',
  },
  ENOTFOUND: {
    meaning: 'The name of the host is not known.',
    remedy: 'Check the name. Where only a proxy knows names, connect through it (--proxy).',
  },
  EPIPE: {
    meaning: 'The other side had ended the connection when something was written.',
    remedy: 'Look into the log of the other side.',
  },
  ERR_TLS_HANDSHAKE_TIMEOUT: {
    meaning: 'The handshake was not complete within its time.',
    remedy:
      'Check that the other side speaks TLS on this port, without STARTTLS. If a person enters a PIN, raise handshakeTimeout.',
  },
  ERR_TLS_RENEGOTIATION_DISABLED: {
    meaning: 'The other side asked for another handshake, which disableRenegotiation() forbids.',
    remedy: 'Have a server ask for a certificate in its first handshake.',
  },
  ETIMEDOUT: {
    meaning: 'The other side did not answer in time.',
    remedy: 'Check the address and the port. A firewall that drops packets looks the same.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string; readonly remedy: string }>>;

export type NodeCode = keyof typeof NODE_CODES;
