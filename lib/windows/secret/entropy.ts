import { randomBytes } from 'node:crypto';
import * as files from 'node:fs/promises';
import { errorCode } from '../../base/errors/error-code.js';
import { printable } from '../../base/text/printable.js';
import { writePrivateFile } from '../import-export/write-file.js';
import { foreign } from './secrets.js';

/**
 * Who can read a secret: this user, or every program of this machine that may read the entropy file, such as a service
 * of SYSTEM.
 */
export type SecretScope = 'user' | 'machine';

const ENTROPY_LENGTH = 32;

/**
 * The entropy in a file, which is made when the first secret is protected. With 'machine', it is what keeps other
 * programs out, since data protection by itself lets every program of the machine decrypt.
 *
 * @throws SchannelError ERR_SCHANNEL_SECRET_FOREIGN if the file was changed
 */
export async function entropyForProtecting(file: string, scope: SecretScope): Promise<Buffer> {
  const present = await read(file);
  if (present !== null) return whole(present, file);
  const fresh = randomBytes(ENTROPY_LENGTH);
  try {
    await writePrivateFile(file, fresh, { readers: scope === 'machine' ? 'administrators' : 'owner' });
    return fresh;
  } catch (error) {
    // Another process was first.
    const other = errorCode(error) === 'EEXIST' ? await read(file) : null;
    if (other === null) throw error;
    return whole(other, file);
  }
}

/** @throws SchannelError ERR_SCHANNEL_SECRET_FOREIGN if the file is missing or was changed */
export async function entropyForReading(file: string): Promise<Buffer> {
  const present = await read(file);
  if (present === null) throw foreign(new Error(`There is no file ${file}`));
  return whole(present, file);
}

function whole(entropy: Buffer, file: string): Buffer {
  if (entropy.length === ENTROPY_LENGTH) return entropy;
  throw foreign(
    new Error(`${file} does not have ${String(ENTROPY_LENGTH)} bytes`),
    `Restore ${printable(file)} from a backup, or remove it and enter all secrets again: it is damaged.`,
  );
}

/** @returns null if there is none */
async function read(file: string): Promise<Buffer | null> {
  try {
    return await files.readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
