import type { ProxiedAddresses, ProxyFacts, ProxyHeader } from '../../formats/proxy-protocol/header.js';

/** What is read from a connection: a net.Socket, and a TLSSocket of this package or of node:tls. */
export interface DescribedSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly authorized?: boolean;
  readonly alpnProtocol?: string | false | null | undefined;
  readonly servername?: string | false | null | undefined;
  getProtocol?(): string | null;
  getCipher?(): { readonly name: string } | undefined;
  getPeerX509Certificate?(): { readonly raw: Uint8Array } | undefined;
  getPeerCertificate?(): { readonly subject?: { readonly CN?: string | string[] } };
}

export interface HeaderForOptions {
  readonly version: 1 | 2;
  /**
   * What is said about TLS. Default 'none'.
   *
   * - 'none': addresses only, as in version 1
   * - 'tls': the protocol (ALPN), the name that was asked for, version and cipher, whether the client's certificate was
   *   accepted, and its common name
   * - 'certificate': the certificate too
   */
  readonly detail?: 'none' | 'tls' | 'certificate' | undefined;
  /** Instead of those of the socket: from a header that was read from it. */
  readonly addresses?: ProxiedAddresses | null | undefined;
}

/**
 * The header that tells a server behind us who has opened this connection to us. A connection without addresses (a
 * pipe) is said to be our own.
 */
export function proxyHeaderFor(
  socket: DescribedSocket,
  { version, detail = 'none', addresses }: HeaderForOptions,
): ProxyHeader {
  const header = { version, addresses: addresses === undefined ? addressesOf(socket) : addresses };
  return detail === 'none' ? header : { ...header, facts: factsOf(socket, detail === 'certificate') };
}

/** As the client of an accepted connection sees it; null for what has no addresses. */
function addressesOf(socket: DescribedSocket): ProxiedAddresses | null {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return null;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return {
    source: { address: remoteAddress, port: remotePort },
    destination: { address: localAddress, port: localPort },
  };
}

function factsOf(socket: DescribedSocket, withCertificate: boolean): ProxyFacts {
  const { alpnProtocol, servername } = socket;
  const version = socket.getProtocol?.() ?? null;
  const cipher = socket.getCipher?.()?.name;
  const certificate = socket.getPeerX509Certificate?.()?.raw;
  const commonName = [socket.getPeerCertificate?.().subject?.CN].flat()[0];
  const hasCertificate = certificate !== undefined;
  return {
    ...(typeof alpnProtocol === 'string' && { alpn: alpnProtocol }),
    ...(typeof servername === 'string' && servername !== '' && { authority: servername }),
    ...(version !== null && {
      tls: {
        version,
        ...(cipher !== undefined && { cipher }),
        hasCertificate,
        hasCertificateInSession: hasCertificate,
        isVerified: hasCertificate && socket.authorized === true,
        ...(commonName !== undefined && { commonName }),
        ...(withCertificate && hasCertificate && { certificate }),
      },
    }),
  };
}
