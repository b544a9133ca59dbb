import 'reflect-metadata'; // @peculiar/x509 wants it loaded first
import { randomUUID, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const dayMs = 24 * 60 * 60 * 1000;

/**
 * A new root and a certificate for `localhost` from it. They use RSA 2048 like most of the web, so that handshakes cost
 * the same as there.
 *
 * @param {number} [daysOld] for how long they have been valid
 * @returns {Promise<{ ca: string, cert: string, key: string }>} PEM
 */
export async function createIdentity(daysOld = 1) {
  x509.cryptoProvider.set(webcrypto);
  const now = Date.now();
  const validity = { notBefore: new Date(now - daysOld * dayMs), notAfter: new Date(now + dayMs) };
  const rootKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=schannel bench root ${randomUUID()}`,
    ...validity,
    signingAlgorithm: algorithm,
    keys: rootKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const leafKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: 'CN=localhost',
    issuer: root.subject,
    ...validity,
    signingAlgorithm: algorithm,
    publicKey: leafKeys.publicKey,
    signingKey: rootKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
  return {
    ca: root.toString('pem'),
    cert: leaf.toString('pem'),
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
  };
}
