import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { native } from '#lib/native/load.js';
import { type CertificateStore, openStore } from '#lib/store/store.js';

/** The name of a store that nobody else has. */
export const ownStoreName = (): string => `schannel-test-ü-${randomUUID()}`;

/** A new store of this user. */
export const createOwnStore = (name: string): Promise<CertificateStore> => openStore(name, { create: true });

/**
 * Takes a store of this user away. CERT_STORE_DELETE_FLAG would leave its key in Wine's registry; and Wine makes one of
 * this name for the machine as well, which Windows has not.
 */
export async function deleteOwnStore(name: string): Promise<void> {
  const remove = (root: string): Promise<unknown> =>
    promisify(execFile)('reg', ['delete', `${root}\\Software\\Microsoft\\SystemCertificates\\${name}`, '/f']);
  await remove('HKCU');
  if (native().platform.wine !== null) await remove('HKLM');
}
