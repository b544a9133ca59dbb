/**
 * The certificate store: how long it takes to list a large one with what a list shows of each certificate. Only this
 * library takes part, because node:tls reads only roots, and raw SSPI has no stores.
 */
import { X509Certificate } from 'node:crypto';
import { ownStoreName, removeOwnStore } from '../own-store.mjs';

/** CERT_STORE_PROV_SYSTEM_W, CERT_SYSTEM_STORE_CURRENT_USER, CERT_STORE_ADD_ALWAYS. */
const SYSTEM = 10;
const CURRENT_USER = 0x10000;
const ADD_ALWAYS = 4;

/** @param {import('../run.mjs').Bench} bench */
export async function run({ identity, clients, figures, rounds, certificates }) {
  if (!clients.some(({ name }) => name === 'ours')) return;
  const { openStore } = await import('schannel/store');
  const whole = figures.get('store.list', `list ${certificates} certificates`, 's');
  const opening = figures.get('store.open', '– of it, until Windows has opened the store', 's');
  const name = ownStoreName();
  await fill(name, new X509Certificate(identity.cert).raw, certificates);
  try {
    const entry = { name: 'ours', measure: () => list(openStore, name, certificates) };
    await rounds([entry], (contestant, seconds) => {
      whole.add(contestant, seconds.whole);
      opening.add(contestant, seconds.opening);
    });
  } finally {
    await removeOwnStore(name);
  }
}

/** Seconds from opening the store to its last thumbprint, and how many of them opening took. */
async function list(openStore, name, count) {
  const start = performance.now();
  const store = await openStore(name, { readOnly: true });
  const opened = performance.now();
  const rows = (await store.all()).map(({ subject, validFrom, validTo, thumbprint }) => [
    subject,
    validFrom,
    validTo,
    thumbprint,
  ]);
  const end = performance.now();
  store.close();
  if (rows.length !== count) throw new Error(`listed ${rows.length} of ${count} certificates`);
  return { whole: (end - start) / 1000, opening: (opened - start) / 1000 };
}

/**
 * Fills a new store with copies of a certificate, each with another signature, which a store does not check. It
 * bypasses the library, because under Wine its add() would write the whole store each time.
 */
async function fill(name, der, count) {
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
