import type { Duplex } from 'node:stream';
import type { DetailedPeerCertificate } from 'node:tls';
import { printable } from '../base/text/printable.js';
import { certificateFacts, type CertificateFacts } from './describe-certificate.js';
import { formatRows } from './table.js';
import type { Style } from './terminal.js';

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

/** A connection as the JSON output has it. */
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

/** How trust was decided, as the JSON output has it. */
export interface TrustFacts {
  readonly authorized: boolean;
  /** Where the trust anchors come from: Windows' stores, or --ca. */
  readonly anchors: 'windows' | 'ca';
  readonly revocation: string;
  /** Faults that were found and ignored. */
  readonly ignored: readonly string[];
}

export interface Inspection {
  readonly connection: ConnectionFacts;
  /** The peer's certificate first, then its issuers as far as they are known. */
  readonly certificates: readonly CertificateFacts[];
  readonly trust: TrustFacts;
}

/** Everything about a secure connection, taken while it is open. */
export function inspect(socket: Inspectable, anchors: TrustFacts['anchors']): Inspection {
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
      anchors: verification?.anchors ?? anchors,
      revocation: verification?.revocation ?? 'not-checked',
      ignored: verification?.ignored ?? [],
    },
  };
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
export function formatTrust(facts: TrustFacts, style: Style): string[] {
  const anchors =
    facts.anchors === 'windows' ? "Windows' certificate stores" : 'only the certificates of --ca';
  return formatRows(
    [
      ['trusted by', anchors],
      ['revocation', facts.revocation.replace('-', ' ')],
      ['ignored', facts.ignored.length === 0 ? null : facts.ignored.join(', ')],
    ],
    style,
  );
}
