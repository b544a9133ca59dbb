import { open } from 'node:fs/promises';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** The path of a file, or its content. */
export type FileSource = string | URL | Uint8Array;

/**
 * The bytes of a source. A file is read only up to the limit.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE; ERR_SCHANNEL_IMPORT_UNRECOGNIZED for a folder or a device
 * @throws Error of node:fs (ENOENT, EACCES, …)
 */
export async function readSource(source: FileSource, limit: number): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return bounded(source, limit);
  const file = await open(source, 'r').catch((error: unknown) => {
    // Folders can be opened on other systems than Windows.
    throw errorCode(error) === 'EISDIR' ? notAFile(source) : error;
  });
  try {
    const { size, isFile } = await file.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
    if (!isFile) throw notAFile(source);
    if (size > limit) throw tooLarge(size, limit);
    return bounded(await file.readFile(), limit);
  } finally {
    await file.close();
  }
}

function bounded(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length > limit) throw tooLarge(bytes.length, limit);
  return bytes;
}

const tooLarge = (size: number, limit: number): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_TOO_LARGE',
    `The file has ${size} bytes, more than the ${limit} allowed`,
    { advice: 'Check that it is the right file, or raise the limit.' },
  );

const notAFile = (source: string | URL): SchannelError =>
  new SchannelError('ERR_SCHANNEL_IMPORT_UNRECOGNIZED', `${String(source)} is no file`, {
    advice: 'Give the path of a file; importPfxFolder() takes a folder.',
  });
