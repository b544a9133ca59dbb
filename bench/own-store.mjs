import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

/** A unique name for a certificate store. */
export const ownStoreName = () => `schannel-bench-${randomUUID()}`;

/**
 * CERT_STORE_DELETE_FLAG would leave the key of the store in Wine's registry; and Wine makes one for the machine as
 * well.
 *
 * @param {string} name
 */
export async function removeOwnStore(name) {
  const { native } = await import('#lib/native/load.js');
  for (const root of native().platform.wine === null ? ['HKCU'] : ['HKCU', 'HKLM']) {
    const key = `${root}\\Software\\Microsoft\\SystemCertificates\\${name}`;
    await promisify(execFile)('reg', ['delete', key, '/f']);
  }
}
