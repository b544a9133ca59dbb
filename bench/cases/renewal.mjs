/**
 * A server that follows a store while its certificate is renewed there. Connections start at a steady rate and do not
 * wait for earlier ones. Only this library takes part, because node:tls does not follow stores.
 */
import { X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createIdentity } from '../identity.mjs';
import { MeasuredServer } from '../measured-server.mjs';
import { ownStoreName, removeOwnStore } from '../own-store.mjs';

const tickMs = 5;
/** How long, in slices, the load lasts before the renewal, and after the new certificate was seen. */
const slices = 20;
const patienceMs = 15_000;

/** @param {import('../run.mjs').Bench} bench */
export async function run({ clients, figures, roundCount, sliceMs, rate }) {
  if (!clients.some(({ name }) => name === 'ours')) return;
  const reached = figures.get('renewal.rate', 'connections made', '1/s');
  const failed = figures.get('renewal.failed', '– of them failed', 'connections');
  const seconds = figures.get('renewal.seconds', 'renewed, until the last connection with the old one', 's');
  for (let round = 0; round < roundCount; round++) {
    const { connections, renewedAt, lasted } = await renewUnderLoad(rate, slices * sliceMs);
    const made = connections.filter(({ shown }) => shown !== null);
    const outdated = made.filter(({ began, shown }) => began > renewedAt && shown === 'first');
    reached.add('ours', (1000 * made.length) / lasted);
    failed.add('ours', connections.length - made.length);
    seconds.add('ours', (Math.max(renewedAt, ...outdated.map(({ began }) => began)) - renewedAt) / 1000);
  }
}

async function renewUnderLoad(rate, phaseMs) {
  const [first, second] = [await createIdentity(2), await createIdentity(1)];
  const store = await OwnStore.create();
  await store.put(first);
  const options = { certificate: { dns: 'localhost', store: store.name } };
  const server = await MeasuredServer.start('ours', options, [first.ca, second.ca]);
  try {
    (await server.connect()).destroy();
    const load = startLoad(server, rate, new X509Certificate(first.cert).fingerprint256);
    // At another time in each round: if a server checks the store at intervals, the moment within one matters.
    await delay(phaseMs * (1 + Math.random()));
    await store.put(second);
    const renewedAt = performance.now();
    while (!load.hasSeenSecond()) {
      if (performance.now() - renewedAt > patienceMs) throw new Error('the renewed certificate never came');
      await delay(tickMs);
    }
    await delay(phaseMs);
    return { ...(await load.end()), renewedAt };
  } finally {
    server.close();
    await store.remove();
  }
}

/**
 * Starts connections by the clock. Each is reported with its start time and the certificate that it received.
 */
function startLoad(server, rate, fingerprintOfFirst) {
  const pending = [];
  let seenSecond = false;
  const start = performance.now();
  const begin = async () => {
    const began = performance.now();
    try {
      const socket = await server.connect();
      const isFirst = socket.getPeerX509Certificate().fingerprint256 === fingerprintOfFirst;
      seenSecond ||= !isFirst;
      socket.destroy();
      return { began, shown: isFirst ? 'first' : 'second' };
    } catch {
      return { began, shown: null };
    }
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / 1000) * rate;
    while (pending.length < due) pending.push(begin());
  }, tickMs);
  return {
    hasSeenSecond: () => seenSecond,
    async end() {
      clearInterval(timer);
      const lasted = performance.now() - start;
      return { connections: await Promise.all(pending), lasted };
    },
  };
}

/** A separate certificate store, with keys in Windows. */
class OwnStore {
  name;
  #store;
  #keys = [];

  constructor(name, store) {
    this.name = name;
    this.#store = store;
  }

  static async create() {
    const { openStore } = await import('schannel/store');
    const name = ownStoreName();
    return new OwnStore(name, await openStore(name, { create: true }));
  }

  async put({ cert, key }) {
    const { importKey } = await import('schannel/store');
    const privateKey = await importKey(key);
    this.#keys.push(privateKey);
    (await this.#store.add(cert, { keyLocation: privateKey.location })).close();
  }

  async remove() {
    this.#store.close();
    await removeOwnStore(this.name);
    for (const key of this.#keys) await key.delete();
  }
}
