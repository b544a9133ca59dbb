import { readBundle } from '../../formats/x509/bundle.js';
import { pemOfCertificate } from '../../formats/x509/certificate-of.js';
import type { AuthorityContext } from './context.js';
import { type CertificateRecord, hashOf } from './state.js';

/**
 * The certificate of a record, DER: from its file, or from the log if that is missing or another one. Null for none.
 */
export async function storedCertificate(
  context: AuthorityContext,
  { serialNumber, thumbprint256 }: CertificateRecord,
): Promise<Buffer | null> {
  const { folder } = context;
  const file = await folder.read(folder.certificate(serialNumber));
  const der = file === null ? null : certificateIn(file);
  if (der !== null && hashOf(der).toUpperCase() === thumbprint256) return der;
  return loggedCertificate(context, serialNumber);
}

/** Null for a file that is damaged. */
export function certificateIn(file: Buffer): Buffer | null {
  try {
    return readBundle(file).certificates[0] ?? null;
  } catch {
    return null;
  }
}

async function loggedCertificate({ ledger }: AuthorityContext, serialNumber: string): Promise<Buffer | null> {
  for (const event of await ledger.events()) {
    const isIt = (event.event === 'issued' || event.event === 'imported') && event.serial === serialNumber;
    if (isIt && event.certificate !== null) return Buffer.from(event.certificate, 'base64');
  }
  return null;
}

/**
 * Writes the file of the last certificate if a process was killed before it could. All others were written before the
 * next one was issued.
 */
export async function restoreLast(context: AuthorityContext): Promise<void> {
  const { folder, ledger, state } = context;
  const last = [...state.records.values()].filter(({ thumbprint256 }) => thumbprint256 !== null).at(-1);
  if (last === undefined) return;
  const file = folder.certificate(last.serialNumber);
  if ((await folder.read(file)) !== null) return;
  const der = await loggedCertificate(context, last.serialNumber);
  if (der === null) return;
  await folder.write(file, pemOfCertificate(der));
  ledger.noteMended(`the file of the certificate ${last.serialNumber} was missing, and was written again`);
}
