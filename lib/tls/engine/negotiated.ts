import type { NativeSessionInfo } from '../../native/binding.js';

/**
 * TLS 1.3 was agreed on: SP_PROT_TLS1_3, or its number on the wire. The add-on decides in the same way
 * (native/sspi/connection.cc).
 */
export function isTls13({ cipher, info }: NativeSessionInfo): boolean {
  return cipher?.protocol === 0x0304 || ((info?.protocol ?? 0) & 0x3000) !== 0;
}

/**
 * Nothing that was judged has changed, as behind a ticket or a key update of TLS 1.3. Before TLS 1.3 everything that
 * ends a renegotiation is a handshake with its own parameters, also with the same certificate.
 */
export const isSameTls13 = (before: NativeSessionInfo, after: NativeSessionInfo): boolean =>
  isTls13(before) && isTls13(after) && isSamePeer(before, after);

function isSamePeer(before: NativeSessionInfo, after: NativeSessionInfo): boolean {
  const [a, b] = [before.peerCertificates[0], after.peerCertificates[0]];
  // A client may have shown none, and does not become another client by that.
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}
