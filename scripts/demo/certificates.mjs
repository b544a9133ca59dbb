// @peculiar/x509 registers its parts through decorators, whose metadata this package provides: it has to come first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { randomBytes, webcrypto } from 'node:crypto';

x509.cryptoProvider.set(webcrypto);

const DAY = 86_400_000;
const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

/**
 * The certificates of the demo, created for each run.
 * @returns {Promise<{ ca: Buffer, caPem: string, servers: Record<'trusted' | 'wrongName' | 'expired' | 'untrusted', { cert: string, key: string }> }>}
 *   the demo CA (DER and PEM), and a certificate with key (PEM) for each server
 */
export async function makeCertificates() {
  const [ca, stranger] = await Promise.all([
    makeAuthority('CN=Schannel demo CA'),
    makeAuthority('CN=A CA nobody here trusts'),
  ]);
  const [trusted, wrongName, expired, untrusted] = await Promise.all([
    ca.issue('localhost'),
    ca.issue('mail.elsewhere.example'),
    ca.issue('localhost', { from: -60, to: -1 }),
    stranger.issue('localhost'),
  ]);
  return { ca: ca.der, caPem: ca.pem, servers: { trusted, wrongName, expired, untrusted } };
}

async function makeAuthority(name) {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...basics({ from: -1, to: 7 }),
    name,
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    der: Buffer.from(root.rawData),
    pem: root.toString('pem'),
    issue: (host, days = { from: -1, to: 7 }) => issue(root, keys.privateKey, host, days),
  };
}

async function issue(root, signingKey, host, days) {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    ...basics(days),
    subject: `CN=${host}`,
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}

const basics = ({ from, to }) => ({
  // A leading zero would be dropped, a leading one bit would make the number negative.
  serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
  notBefore: new Date(Date.now() + from * DAY),
  notAfter: new Date(Date.now() + to * DAY),
});
