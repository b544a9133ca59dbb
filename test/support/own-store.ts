import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { native } from '#lib/native/load.js';
import { type CertificateStore, openStore } from '#lib/windows/store/store.js';

/** The name of a store that nobody else has. */
export const ownStoreName = (): string => `schannel-test-ü-${randomUUID()}`;

/** A new store of this user. */
export const createOwnStore = (name: string): Promise<CertificateStore> => openStore(name, { create: true });

const doomed = new Set<string>();

/**
 * Has a store of this user taken away when all tests are over: by one program, for each costs as much as many tests.
 */
export function deleteOwnStore(name: string): void {
  doomed.add(name);
}

/**
 * CERT_STORE_DELETE_FLAG would leave their keys in Wine's registry; and Wine makes one of each name for the machine as
 * well, which Windows has not.
 */
after('stores of tests', async () => {
  if (doomed.size === 0) return;
  const roots = native().platform.wine === null ? ['CURRENT_USER'] : ['CURRENT_USER', 'LOCAL_MACHINE'];
  const keys = [...doomed].flatMap((name) =>
    roots.map((root) => `[-HKEY_${root}\\Software\\Microsoft\\SystemCertificates\\${name}]`),
  );
  const folder = mkdtempSync(join(tmpdir(), 'schannel-stores-'));
  try {
    const file = join(folder, 'stores.reg');
    const lines = ['\ufeffWindows Registry Editor Version 5.00', ...keys, ''];
    writeFileSync(file, lines.join('\r\n\r\n'), 'utf16le');
    await promisify(execFile)('reg', ['import', file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
