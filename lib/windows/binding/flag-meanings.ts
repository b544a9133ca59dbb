import type { BINDING_FLAGS } from './binding.js';

/** What a flag of a binding means. */
export interface FlagMeaning {
  /** A sentence. */
  readonly meaning: string;
  /** What "netsh http show sslcert" calls it in English; null if that is not known. */
  readonly netsh: string | null;
}

/** DefaultFlags in words ("HTTP_SERVICE_CONFIG_SSL_PARAM structure", "Netsh http commands"). */
export const FLAG_MEANINGS: Readonly<Record<keyof typeof BINDING_FLAGS, FlagMeaning>> = {
  USE_DS_MAPPER: {
    meaning: 'Client certificates are mapped to accounts of the domain.',
    netsh: 'DS Mapper Usage',
  },
  NEGOTIATE_CLIENT_CERT: {
    meaning: 'Clients are asked for a certificate in the first handshake.',
    netsh: 'Negotiate Client Certificate',
  },
  NO_RAW_FILTER: { meaning: 'Connections do not go through raw ISAPI filters.', netsh: null },
  REJECT: { meaning: 'Every connection is refused.', netsh: 'Reject Connections' },
  DISABLE_HTTP2: { meaning: 'HTTP/2 is off.', netsh: 'Disable HTTP2' },
  DISABLE_QUIC: { meaning: 'HTTP/3 is off.', netsh: 'Disable QUIC' },
  DISABLE_TLS13: { meaning: 'TLS 1.3 is off.', netsh: 'Disable TLS1.3' },
  DISABLE_OCSP_STAPLING: {
    meaning: 'Clients get no answer about the revocation of the certificate with the handshake.',
    netsh: 'Disable OCSP Stapling',
  },
  ENABLE_TOKEN_BINDING: { meaning: 'Token Binding (RFC 8471) is on.', netsh: 'Enable Token Binding' },
  LOG_EXTENDED_EVENTS: {
    meaning: 'Windows logs more about handshakes that fail.',
    netsh: 'Log Extended Events',
  },
  DISABLE_LEGACY_TLS: {
    meaning: 'Only TLS 1.2 and newer, without CBC and RSA key exchange.',
    netsh: 'Disable Legacy TLS Versions',
  },
  ENABLE_SESSION_TICKET: {
    meaning: 'Clients may resume sessions with tickets.',
    netsh: 'Enable Session Ticket',
  },
  DISABLE_TLS12: { meaning: 'TLS 1.2 is off.', netsh: 'Disable TLS1.2' },
  ENABLE_CLIENT_CORRELATION: {
    meaning: 'Windows can find the process of this machine that a connection comes from.',
    netsh: null,
  },
  DISABLE_SESSION_ID: {
    meaning: 'Clients cannot resume sessions by their number.',
    netsh: null,
  },
  ENABLE_CACHE_CLIENT_HELLO: {
    meaning: 'Windows keeps the first message of the client for programs that ask for it.',
    netsh: null,
  },
};

/** Null for a flag that has no name. */
export const flagMeaning = (name: string): FlagMeaning | null =>
  Object.hasOwn(FLAG_MEANINGS, name) ? FLAG_MEANINGS[name as keyof typeof FLAG_MEANINGS] : null;
