import { statSync } from 'node:fs';
import { limitsOf, readMaterial } from '../../../windows/import-export/material.js';
import { readSource } from '../../../windows/import-export/source.js';
import { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { UsageError } from '../../usage-error.js';
import { displayName, type EntryContents } from './entry-facts.js';

/** A certificate from a file. It is in no store. */
export class FileCertificate extends CertificateContents implements EntryContents {
  readonly reference = null;
  readonly friendlyName = null;
  readonly archived = false;
  readonly hasPrivateKey = false;

  get extendedKeyUsage(): readonly string[] | null {
    return this.encodedKeyUsage;
  }
}

/** Whether the argument is the path of a file. */
export const isFile = (argument: string): boolean =>
  statSync(argument, { throwIfNoEntry: false })?.isFile() === true;

/**
 * The certificate that a file (PEM, DER, P7B) stands for: the only one in it, or the root of a chain.
 * @throws {UsageError} when several could be meant
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…
 */
export async function certificateInFile(path: string): Promise<FileCertificate> {
  const limits = limitsOf();
  const bytes = await readSource(path, limits.bytes);
  const { certificates } = readMaterial({ kind: 'certificates', bytes, password: undefined, limits });
  const all = certificates.map(({ der }) => new FileCertificate(der));
  const candidates = all.length === 1 ? all : all.filter(({ isSelfSigned }) => isSelfSigned);
  const [certificate, ...others] = candidates;
  if (certificate !== undefined && others.length === 0) return certificate;
  const names = (candidates.length === 0 ? all : candidates).map(displayName).join(', ');
  throw new UsageError(
    `${path} has several certificates (${names}), and one is needed. Use a file with only that certificate`,
  );
}
