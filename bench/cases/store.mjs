/**
 * The certificate store: how long it takes to list a large one with what a list shows of each certificate. Only this
 * library takes part, because node:tls reads only roots, and raw SSPI has no stores.
 */
import { X509Certificate } from 'node:crypto';
import { fillOwnStore, ownStoreName, removeOwnStore } from '../own-store.mjs';

/** @param {import('../run.mjs').Bench} bench */
export async function run({ identity, clients, figures, rounds, certificates }) {
  if (!clients.some(({ name }) => name === 'ours')) return;
  const { openStore } = await import('schannel/store');
  const whole = figures.get('store.list', `list ${certificates} certificates`, 's');
  const opening = figures.get('store.open', '– of it, until Windows has opened the store', 's');
  const name = ownStoreName();
  await fillOwnStore(name, new X509Certificate(identity.cert).raw, certificates);
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
