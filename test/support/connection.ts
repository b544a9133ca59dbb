import type { NativeSessionInfo } from '#lib/native/binding.js';

/** Facts of a connection as a session reports them: TLS 1.2 or 1.3, and the peer that this certificate stands for. */
export function connectionOf(version: '1.2' | '1.3', certificate = 'certificate'): NativeSessionInfo {
  const tls13 = version === '1.3';
  return {
    // No more than the overhead of the records that tests write down: a real one is never smaller than its header.
    sizes: { header: 5, trailer: tls13 ? 17 : 24, maximumMessage: 16384 },
    info: null,
    cipher: {
      protocol: tls13 ? 0x0304 : 0x0303,
      suite: tls13 ? 0x1302 : 0xc030,
      name: tls13 ? 'TLS_AES_256_GCM_SHA384' : 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      cipher: 'AES',
      cipherStrength: 256,
      hash: 'SHA384',
      exchange: tls13 ? '' : 'ECDHE',
      exchangeStrength: 256,
      keyType: 0x1d,
    },
    alpnProtocol: null,
    resumed: false,
    tlsUnique: null,
    tlsServerEndPoint: null,
    peerCertificates: certificate === '' ? [] : [Buffer.from(certificate)],
    stapledResponse: null,
  };
}
