import assert from 'node:assert/strict';
import { type DescribedSocket, proxyHeaderFor } from '#lib/adapters/proxy/header-for.js';

const raw = Buffer.of(0x30, 0);
const PLAIN: DescribedSocket = {
  remoteAddress: '::ffff:192.0.2.1',
  remotePort: 50_312,
  localAddress: '::ffff:192.0.2.2',
  localPort: 993,
};
const SECURE: DescribedSocket = {
  ...PLAIN,
  authorized: true,
  alpnProtocol: 'h2',
  servername: 'a.example',
  getProtocol: () => 'TLSv1.3',
  getCipher: () => ({ name: 'TLS_AES_128_GCM_SHA256' }),
  getPeerX509Certificate: () => ({ raw }),
  getPeerCertificate: () => ({ subject: { CN: 'Anna' } }),
};
const ADDRESSES = {
  source: { address: '::ffff:192.0.2.1', port: 50_312 },
  destination: { address: '::ffff:192.0.2.2', port: 993 },
};

describe('adapters/proxy/header-for', () => {
  it('has the client as source, and nothing else by default', () => {
    assert.deepEqual(proxyHeaderFor(SECURE, { version: 1 }), { version: 1, addresses: ADDRESSES });
  });

  it('has no addresses for a pipe', () => {
    assert.deepEqual(proxyHeaderFor({}, { version: 2 }), { version: 2, addresses: null });
  });

  it('takes addresses that a header has said', () => {
    const addresses = {
      source: { address: '1.2.3.4', port: 1 },
      destination: { address: '1.2.3.5', port: 2 },
    };
    assert.deepEqual(proxyHeaderFor(PLAIN, { version: 2, addresses }), { version: 2, addresses });
    assert.deepEqual(proxyHeaderFor(PLAIN, { version: 2, addresses: null }).addresses, null);
  });

  it('says what is known about TLS, with the certificate if that is wanted', () => {
    const tls = {
      version: 'TLSv1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      hasCertificate: true,
      hasCertificateInSession: true,
      isVerified: true,
      commonName: 'Anna',
    };
    const facts = { alpn: 'h2', authority: 'a.example' };
    assert.deepEqual(proxyHeaderFor(SECURE, { version: 2, detail: 'tls' }).facts, { ...facts, tls });
    assert.deepEqual(proxyHeaderFor(SECURE, { version: 2, detail: 'certificate' }).facts, {
      ...facts,
      tls: { ...tls, certificate: raw },
    });
  });

  it('does not say more than there is', () => {
    const socket = {
      ...SECURE,
      authorized: true,
      alpnProtocol: false,
      servername: false,
      getPeerX509Certificate: () => undefined,
      getPeerCertificate: () => ({}),
    } as const;
    assert.deepEqual(proxyHeaderFor(socket, { version: 2, detail: 'certificate' }).facts, {
      tls: {
        version: 'TLSv1.3',
        cipher: 'TLS_AES_128_GCM_SHA256',
        hasCertificate: false,
        hasCertificateInSession: false,
        isVerified: false,
      },
    });
    assert.deepEqual(proxyHeaderFor(PLAIN, { version: 2, detail: 'tls' }).facts, {});
    const stranger = {
      ...SECURE,
      authorized: false,
      getPeerCertificate: () => ({ subject: { CN: ['A', 'B'] } }),
    };
    const { tls } = proxyHeaderFor(stranger, { version: 2, detail: 'tls' }).facts ?? {};
    assert.deepEqual([tls?.isVerified, tls?.commonName], [false, 'A']);
  });
});
