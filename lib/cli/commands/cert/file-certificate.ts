import { statSync } from 'node:fs';
import { limitsOf, readMaterial } from '../../../windows/import-export/material.js';
import { readSource } from '../../../windows/import-export/source.js';
import { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { UsageError } from '../../usage-error.js';
import { displayName, type EntryContents } from './entry-facts.js';

/** A certificate of a file, in no store. */
export class FileCertificate extends CertificateContents implements EntryContents {
  readonly reference = null;
  readonly friendlyName = null;
  readonly archived = false;
  readonly hasPrivateKey = false;

  get extendedKeyUsage(): readonly string[] | null {
    return this.encodedKeyUsage;
  }
}

/** Whether an argument that may be a file is one. */
export const isFile = (argument: string): boolean =>
  statSync(argument, { throwIfNoEntry: false })?.isFile() === true;

/**
 * The certificate that a person means by a file (PEM, DER, P7B): the only one, or, of a chain, its root.
 * @throws {UsageError} when there are several that could be meant
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…
 */
export async function certificateInFile(path: string): Promise<FileCertificate> {
  const limits = limitsOf();
  const bytes = await readSource(path, limits.bytes);
  const { certificates } = readMaterial({ kind: 'certificates', bytes, password: undefined, limits });
  const all = certificates.map(({ der }) => new FileCertificate(der));
  const meant = all.length === 1 ? all : all.filter(({ isSelfSigned }) => isSelfSigned);
  const [certificate, ...others] = meant;
  if (certificate !== undefined && others.length === 0) return certificate;
  const names = (meant.length === 0 ? all : meant).map(displayName).join(', ');
  throw new UsageError(`${path} holds more than one certificate (${names}): which one is meant?`);
}
