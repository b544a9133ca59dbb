import { SchannelError } from '../../base/errors/schannel-error.js';
import { beginsLikePfx } from '../../formats/pfx/envelope.js';
import type { ReadImportOptions } from './import-options.js';
import { readMaterialOffThread } from './material-off-thread.js';
import { limitsOf, type MaterialRequest } from './material.js';
import { type ImportPlan, planImport } from './plan.js';
import { type FileSource, readSource } from './source.js';

/** The kind of a file. 'any' is detected by its content. */
export type FileKind = MaterialRequest['kind'] | 'any';

/** Reads a file once, and sorts its content. @throws SchannelError ERR_SCHANNEL_IMPORT_… */
export async function readPlan(
  kind: FileKind,
  source: FileSource,
  { password, limits: given, signal }: ReadImportOptions,
): Promise<ImportPlan> {
  const limits = limitsOf(given);
  const bytes = await readSource(
    kind !== 'pfx' && isPem(source) ? Buffer.from(source) : source,
    limits.bytes,
  );
  const isPfx = beginsLikePfx(bytes);
  if (kind === 'certificates' && isPfx) throw pfxGiven();
  const request = {
    kind: isPfx || kind === 'pfx' ? 'pfx' : 'certificates',
    bytes,
    password,
    limits,
  } as const;
  return planImport(await readMaterialOffThread(request, signal));
}

const isPem = (source: FileSource): source is string =>
  typeof source === 'string' && source.includes('-----BEGIN ');

const pfxGiven = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_IMPORT_UNRECOGNIZED', 'The file is a PFX (PKCS #12)', {
    advice: 'Import it by importPfx().',
  });
