import { createPrivateKey } from 'node:crypto';
import { type Material, type MaterialCertificate } from '#lib/windows/import-export/material.js';
import { WorkBudget } from '#lib/formats/pbe/limits.js';
import { CertificateSet } from '#lib/formats/pfx/certificate-set.js';
import { type TestCertificate } from './certificates.js';

/** What a file with these certificates holds; those that have their key in it are among the others. */
export function materialOf(
  certificates: readonly TestCertificate[],
  withKey: readonly TestCertificate[],
  friendlyName = 'name',
): Omit<Material, 'looseKeys'> {
  const set = new CertificateSet(
    certificates.map(({ der }) => der),
    new WorkBudget(),
  );
  const entries = certificates.map(({ der }, place): MaterialCertificate => {
    return { der: Uint8Array.from(der), isSelfSigned: set.isSelfSigned(place) };
  });
  return {
    certificates: entries,
    identities: withKey.flatMap((one) => {
      const certificate = entries[certificates.indexOf(one)];
      return certificate === undefined ? [] : [{ certificate, key: createPrivateKey(one.key), friendlyName }];
    }),
    keysWithoutCertificate: 0,
  };
}
