import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

/** CERT_STORE_PROV_SYSTEM_W, CERT_SYSTEM_STORE_CURRENT_USER, CERT_STORE_ADD_ALWAYS. */
const SYSTEM = 10;
const CURRENT_USER = 0x10000;
const ADD_ALWAYS = 4;

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

/**
 * Fills a new store with copies of a certificate, each with another signature, which a store does not check. It
 * bypasses the library, because under Wine its add() would write the whole store each time.
 */
export async function fillOwnStore(name, der, count) {
  const { native } = await import('#lib/native/load.js');
  const { callNativeVoid, callNative } = await import('#lib/native/promises.js');
  const phase = { phase: 'store' };
  const addon = native();
  const open = addon.handleCounts().stores;
  const store = await callNative(phase, (callback) =>
    addon.openStore({ provider: SYSTEM, flags: CURRENT_USER, name }, callback),
  );
  const copy = Buffer.from(der);
  for (let index = 0; index < count; index++) {
    copy.writeUInt32BE(index, copy.length - 4);
    const certificate = addon.createCertificate(copy);
    const added = await callNative(phase, (callback) => store.add(certificate, ADD_ALWAYS, callback));
    added.close();
    certificate.close();
  }
  await callNativeVoid(phase, (callback) => store.commit(0, callback));
  store.close();
  // A worker closes it, and Wine writes everything again.
  while (addon.handleCounts().stores > open) await new Promise((resolve) => setTimeout(resolve, 10));
}
