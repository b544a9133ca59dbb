import type { Duplex } from 'node:stream';
import type { DetailedPeerCertificate } from 'node:tls';

import { errorCode } from '../../base/errors/error-code.js';
import { toError } from '../../base/errors/to-error.js';
import { printable } from '../../base/text/printable.js';
import { formatRows, PLAIN, type Style } from '../../base/text/rows.js';
import { certificateFacts, formatCertificate, type CertificateFacts } from './certificate.js';

/** What is read from a secure socket. Sockets of node:tls have all of it but `verification`. */
export interface Inspectable extends Duplex {
  readonly authorized: boolean;
  readonly authorizationError: unknown;
  readonly alpnProtocol: string | false | null;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly verification?: {
    readonly error: Error | null;
    readonly chain: readonly Uint8Array[];
    readonly anchors: 'windows' | 'ca';
    readonly revocation: string;
    readonly ignored: readonly string[];
  } | null;
  getProtocol(): string | null;
  getCipher(): { readonly name: string; readonly standardName?: string } | undefined | null;
  getEphemeralKeyInfo(): object | null;
  getPeerCertificate(detailed: true): DetailedPeerCertificate | null;
  isSessionReused(): boolean;
}

/** What a connection has agreed on. */
export interface ConnectionFacts {
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  readonly protocol: string | null;
  /** IANA's name of the suite. */
  readonly cipherSuite: string | null;
  /** Type, named group and bits of the key exchange, as far as they are known: 'ECDH X25519 253'. */
  readonly keyExchange: string | null;
  readonly alpnProtocol: string | null;
  readonly resumed: boolean;
}

/** How trust was decided. */
export interface TrustFacts {
  readonly authorized: boolean;
  /** Code of what speaks against the peer, 'CERT_HAS_EXPIRED'. */
  readonly reason: string | null;
  /**
   * Where the trust anchors come from: Windows' stores, or certificates that were given. null: a client was not asked
   * for a certificate.
   */
  readonly anchors: 'windows' | 'ca' | null;
  readonly revocation: string;
  /** Faults that were found and ignored. */
  readonly ignored: readonly string[];
}

/** A secure connection, as `schannel connect --json` has it. */
export interface Inspection {
  readonly connection: ConnectionFacts;
  /** The peer's certificate first, then its issuers as far as they are known. */
  readonly certificates: readonly CertificateFacts[];
  readonly trust: TrustFacts;
}

/** Everything about a secure connection, taken while it is open. */
export function inspect(socket: Inspectable, anchors: 'windows' | 'ca'): Inspection {
  const cipher = socket.getCipher();
  const { verification } = socket;
  return {
    connection: {
      remoteAddress: socket.remoteAddress ?? null,
      remotePort: socket.remotePort ?? null,
      protocol: socket.getProtocol(),
      cipherSuite: cipher?.standardName ?? cipher?.name ?? null,
      keyExchange: describeKeyExchange(socket.getEphemeralKeyInfo()),
      alpnProtocol: socket.alpnProtocol === false ? null : socket.alpnProtocol,
      resumed: socket.isSessionReused(),
    },
    certificates: chainOf(socket).map(certificateFacts),
    trust: {
      authorized: socket.authorized,
      reason: reasonOf(socket.authorizationError),
      anchors: verification === null ? null : (verification?.anchors ?? anchors),
      revocation: verification?.revocation ?? 'not-checked',
      ignored: verification?.ignored ?? [],
    },
  };
}

/** The code, or an error that has it: so newer types of Node declare it. */
function reasonOf(error: unknown): string | null {
  if (error === null || error === undefined) return null;
  return typeof error === 'string' ? error : errorCode(error) || toError(error).message;
}

/** What is known of a secure connection; as text, what `schannel connect` prints of it. */
export class ConnectionDescription implements Inspection {
  readonly connection: ConnectionFacts;
  readonly certificates: readonly CertificateFacts[];
  readonly trust: TrustFacts;

  constructor({ connection, certificates, trust }: Inspection) {
    this.connection = connection;
    this.certificates = certificates;
    this.trust = trust;
  }

  toString(): string {
    return formatInspection(this, PLAIN).join('\n');
  }
}

/** The chain that Windows built. If it built none, what the peer sent. */
function chainOf(socket: Inspectable): readonly Uint8Array[] {
  const built = socket.verification?.chain ?? [];
  if (built.length > 0) return built;
  const chain: Uint8Array[] = [];
  // A peer without a certificate gives an empty object; a root is its own issuer.
  let current: Partial<DetailedPeerCertificate> | null | undefined = socket.getPeerCertificate(true);
  const seen = new Set<object>();
  while (current?.raw !== undefined && !seen.has(current)) {
    seen.add(current);
    chain.push(current.raw);
    current = current.issuerCertificate;
  }
  return chain;
}

function describeKeyExchange(info: object | null): string | null {
  const parts = ['type', 'name', 'size'].map((name): unknown =>
    info === null ? null : Reflect.get(info, name),
  );
  const known = parts.filter((part) => typeof part === 'string' || typeof part === 'number');
  return known.length === 0 ? null : known.join(' ');
}

/** Everything as lines. @param given what the certificates that were given are called */
export function formatInspection(
  { connection, certificates, trust }: Inspection,
  style: Style,
  given?: string,
): string[] {
  return [
    ...formatConnection(connection, style),
    '',
    style.bold('Certificates'),
    ...certificates.flatMap((certificate, at) => formatCertificate(certificate, at + 1, style, Date.now())),
    '',
    style.bold('Trust'),
    ...formatTrust(trust, style, given),
  ];
}

/** What was negotiated, as lines. */
export function formatConnection(facts: ConnectionFacts, style: Style): string[] {
  return formatRows(
    [
      ['protocol', facts.protocol],
      ['cipher suite', facts.cipherSuite],
      ['key exchange', facts.keyExchange],
      ['ALPN', facts.alpnProtocol === null ? null : printable(facts.alpnProtocol)],
      ['resumed', facts.resumed ? 'yes' : null],
    ],
    style,
  );
}

/** How trust was decided, as lines. */
export function formatTrust(facts: TrustFacts, style: Style, given = 'the option ca'): string[] {
  if (facts.anchors === null) return ['The client was not asked for a certificate.'];
  const anchors =
    facts.anchors === 'windows' ? "Windows' certificate stores" : `only the certificates of ${given}`;
  return formatRows(
    [
      [facts.authorized ? 'trusted by' : 'not trusted by', anchors],
      ['reason', facts.reason],
      ['revocation', facts.revocation.replace('-', ' ')],
      ['ignored', facts.ignored.length === 0 ? null : facts.ignored.join(', ')],
    ],
    style,
  );
}
