import { UsageError } from './usage-error.js';

/**
 * How the command ends, by the kind of failure. They differ from Windows' crash codes and from 126 and above, which
 * shells use.
 */
export const EXIT_CODES = {
  ok: 0,
  failure: 1,
  usage: 2,
  connect: 3,
  tls: 4,
  certificate: 6,
  refused: 7,
  signIn: 8,
  unsupported: 9,
  expiring: 10,
  pending: 11,
  denied: 12,
  rateLimited: 13,
  listen: 14,
  cutOff: 15,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** One line for each, for --help and docs/cli.md. */
export const EXIT_CODE_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT_CODES.ok, 'done'],
  [EXIT_CODES.failure, 'any other failure'],
  [EXIT_CODES.usage, 'wrong arguments, or a file that cannot be read'],
  [EXIT_CODES.connect, 'no connection: unknown name, refused, timed out, interrupted'],
  [EXIT_CODES.tls, 'no TLS: STARTTLS missing or tampered with, handshake failed'],
  [
    EXIT_CODES.certificate,
    'a certificate was not accepted: that of a server or an authority, or one given to `cert check`',
  ],
  [EXIT_CODES.refused, 'the mail server refused the sender, a recipient or the message'],
  [
    EXIT_CODES.signIn,
    'the mail server, the proxy, the DNS service or the ACME server refused the account or password, or that of a file is wrong',
  ],
  [EXIT_CODES.unsupported, 'Schannel is not available: this is not Windows, or there is no add-on for it'],
  [
    EXIT_CODES.expiring,
    'something needs attention: `cert expiring` or `acme status` found certificates; `probe --fail-on`, `probe diff`, `policy check` or `policy diff` found something',
  ],
  [EXIT_CODES.pending, 'an authority has not decided yet: ask again later'],
  [EXIT_CODES.denied, 'an authority refused: a server, or the rules of an authority here'],
  [EXIT_CODES.rateLimited, 'a server allows no more requests for now'],
  [EXIT_CODES.listen, 'a server could not listen: the address is in use or not permitted'],
  [EXIT_CODES.cutOff, 'the time to end connections was over, and the rest were cut off'],
];

/** The kind of failure, by the properties of the error. The error may be ours, Node's or nodemailer's. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT_CODES.usage;
  const { code, phase, syscall } = propertiesOf(error);
  if (syscall === 'listen' || code === 'ERR_SCHANNEL_TUNNEL_LISTEN') return EXIT_CODES.listen;
  if (code === 'ERR_SCHANNEL_UNSUPPORTED_PLATFORM') return EXIT_CODES.unsupported;
  if (
    /^(ERR_SCHANNEL_(USAGE_|OPTION_|SERVICE_NAME$|SERVICE_COMMAND$|BINDING_KEY$|ACME_CONFIG$|TUNNEL_CONFIG|STORE_NAME$|REQUEST_INF$|CA_TEMPLATE$)|ERR_INVALID_|ERR_OUT_OF_RANGE|ERR_MISSING_|ERR_SOCKET_BAD_PORT|ERR_TLS_PROTOCOL_VERSION_CONFLICT)/.test(
      code,
    )
  ) {
    return EXIT_CODES.usage;
  }
  if (code === 'ERR_SCHANNEL_CA_REFUSED') return EXIT_CODES.denied;
  const acme = /^ERR_SCHANNEL_(?:ACME|DNS)_\w+$/.test(code)
    ? ACME_CODES[code.slice(PREFIX.length)]
    : undefined;
  if (acme !== undefined) return acme;
  if (/^ERR_SCHANNEL_(IMPORT_PASSWORD_WRONG|ENROL_UNAUTHORIZED|PROXY_ACCOUNT)$/.test(code))
    return EXIT_CODES.signIn;
  if (code === 'ERR_SCHANNEL_BINDING_CERTIFICATE') return EXIT_CODES.certificate;
  if (/^(store|key|service|policy|binding)$/.test(phase)) return EXIT_CODES.failure;
  if (phase === 'verify' || code === 'ERR_SCHANNEL_ENROL_UNTRUSTED') return EXIT_CODES.certificate;
  if (phase === 'starttls' || phase === 'handshake' || phase === 'credential') return EXIT_CODES.tls;
  if (/^(EAUTH|ENOAUTH|EOAUTH2)$/.test(code)) return EXIT_CODES.signIn;
  if (/^(EENVELOPE|EMESSAGE|EPROTOCOL)$/.test(code)) return EXIT_CODES.refused;
  if (phase !== '' || NETWORK.test(code)) return EXIT_CODES.connect;
  return EXIT_CODES.failure;
}

const PREFIX = 'ERR_SCHANNEL_';

/** What an ACME server or a DNS service says, and what is wrong here. */
const ACME_CODES: Readonly<Record<string, ExitCode | undefined>> = {
  ACME_TERMS: EXIT_CODES.usage,
  ACME_SERVER: EXIT_CODES.connect,
  ACME_ANSWER: EXIT_CODES.connect,
  DNS_CONNECTION: EXIT_CODES.connect,
  DNS_ANSWER: EXIT_CODES.connect,
  ACME_CERTIFICATE: EXIT_CODES.certificate,
  ACME_ACCOUNT: EXIT_CODES.signIn,
  DNS_REFUSED: EXIT_CODES.signIn,
  ACME_CAA: EXIT_CODES.denied,
  ACME_CONNECTION: EXIT_CODES.denied,
  ACME_DNS: EXIT_CODES.denied,
  ACME_IDENTIFIER: EXIT_CODES.denied,
  ACME_ORDER: EXIT_CODES.denied,
  ACME_REFUSED: EXIT_CODES.denied,
  ACME_REQUEST: EXIT_CODES.denied,
  ACME_UNAUTHORIZED: EXIT_CODES.denied,
  ACME_RATE_LIMITED: EXIT_CODES.rateLimited,
};

/** System errors of sockets and names, and nodemailer's words for a connection that broke. */
const NETWORK =
  /^(E(CONN(REFUSED|RESET|ABORTED|ECTION)|TIMEDOUT|PIPE|(HOST|NET)(UNREACH|DOWN)|ADDRNOTAVAIL|SOCKET|DNS|NOTFOUND|AI_\w+|NODATA|SERVFAIL)|ENOTFOUND)$/;

function propertiesOf(error: unknown): Readonly<Record<'code' | 'phase' | 'syscall', string>> {
  const text = (name: string): string => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  // nodemailer overwrites the code of a connection's error and keeps the original under this name.
  return { code: text('originalCode') || text('code'), phase: text('phase'), syscall: text('syscall') };
}
