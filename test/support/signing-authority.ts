import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { pemOfCertificate } from '#lib/formats/x509/certificate-of.js';
import { newSerialNumber, signCertificate } from '#lib/formats/x509/certificate-writer.js';
import * as extensions from '#lib/formats/x509/extension-writer.js';
import { signerOf } from '#lib/formats/x509/key-signer.js';
import { outlineOf } from '#lib/formats/x509/outline.js';
import type { RsaPadding } from '#lib/formats/x509/signature-algorithm.js';
import type { Signer } from '#lib/formats/x509/signed.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { rsaPair } from './rsa-pair.js';

/** How an authority of a test signs. */
export const SIGNATURES = {
  'P-256': { key: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, padding: undefined },
  'P-384': { key: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, padding: undefined },
  rsa: { key: () => rsaPair().privateKey, padding: undefined },
  'rsa pss': { key: () => rsaPair().privateKey, padding: 'pss' },
} as const satisfies Record<string, { key: () => KeyObject; padding: RsaPadding | undefined }>;

/** An authority that the writers of this library made, and one certificate of it. */
export interface SigningAuthority {
  readonly signer: Signer;
  readonly padding: RsaPadding | undefined;
  /** PEM. */
  readonly certificate: string;
  /** Name, DER. */
  readonly name: Uint8Array;
  readonly keyIdentifier: Buffer;
  readonly leaf: { readonly certificate: string; readonly serialNumber: Buffer };
}

export async function signingAuthority(
  kind: keyof typeof SIGNATURES,
  now = Date.now(),
): Promise<SigningAuthority> {
  const { key, padding } = SIGNATURES[kind];
  const signer = signerOf(key());
  const keyIdentifier = extensions.keyIdentifierOf(signer.publicKey);
  const issuer = commonName(`authority ${kind}`);
  const validity = { notBefore: new Date(now - 300_000), notAfter: new Date(now + 30 * 86_400_000) };
  const certificate = await signCertificate(
    {
      subject: issuer,
      issuer,
      publicKey: signer.publicKey,
      ...validity,
      extensions: [
        extensions.basicConstraints(true),
        extensions.keyUsage(['keyCertSign', 'cRLSign', 'digitalSignature']),
        extensions.subjectKeyIdentifier(signer.publicKey),
      ],
    },
    signer,
    padding,
  );
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serialNumber = newSerialNumber();
  const leaf = await signCertificate(
    {
      serialNumber,
      subject: commonName('bar.example'),
      issuer,
      publicKey,
      ...validity,
      extensions: [
        extensions.basicConstraints(false),
        extensions.keyUsage(['digitalSignature']),
        extensions.subjectKeyIdentifier(publicKey),
        extensions.authorityKeyIdentifier(keyIdentifier),
      ],
    },
    signer,
    padding,
  );
  return {
    signer,
    padding,
    certificate: pemOfCertificate(certificate),
    name: outlineOf(certificate).subject,
    keyIdentifier,
    leaf: { certificate: pemOfCertificate(leaf), serialNumber },
  };
}
