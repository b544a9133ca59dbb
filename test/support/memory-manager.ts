import { generateKeyPairSync, randomUUID } from 'node:crypto';
import https from 'node:https';
import { httpsTransport } from '#lib/apps/acme/http/transport.js';
import { CheckRun, type ManagerSystem } from '#lib/apps/acme/manager/check-run.js';
import { AcmeManager } from '#lib/apps/acme/manager/manager.js';
import { type ManagerOptions, parseOptions } from '#lib/apps/acme/manager/options.js';
import type { CertificateKeys } from '#lib/apps/acme/order/keys.js';
import { undoLeftovers } from '#lib/apps/acme/order/leftovers.js';
import { runOrder } from '#lib/apps/acme/order/run-order.js';
import { type ManagerKey, MemoryShelf } from './acme-manager.js';
import type { Pebble } from './pebble.js';
import { accountKeyOf } from './scripted-acme.js';
import { HastyClock } from './scripted-clock.js';

/** Keys in memory, for accounts and certificates. */
class Keys implements CertificateKeys<ManagerKey> {
  readonly #kept = new Map<string, ManagerKey>();

  plan(): { name: string } {
    return { name: randomUUID() };
  }

  make({ name }: { readonly name?: unknown }): Promise<ManagerKey> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...accountKeyOf(privateKey), close: () => Promise.resolve() } as ManagerKey;
    this.#kept.set(String(name), key);
    return Promise.resolve(key);
  }

  open({ name }: { readonly name?: unknown }): Promise<ManagerKey | null> {
    return Promise.resolve(this.#kept.get(String(name)) ?? null);
  }

  remove({ name }: { readonly name?: unknown }): Promise<void> {
    this.#kept.delete(String(name));
    return Promise.resolve();
  }
}

/** Makes managers that get real certificates from a pebble, by Node's own TLS, into stores and with keys in memory. */
export function memoryManager({ ca }: Pebble): (options: ManagerOptions) => AcmeManager {
  const [shelf, keys] = [new MemoryShelf(), new Keys()];
  const system: ManagerSystem<ManagerKey> = {
    transport: httpsTransport(https, new https.Agent({ ca, keepAlive: false })),
    shelf,
    keysFor: () => keys,
    lockFor: () => (task) => task(),
    order: runOrder,
    undoLeftovers,
    inspect: () => Promise.resolve([]),
    run: () => Promise.resolve(),
    // Pebble asks for seconds, and needs none.
    clock: new HastyClock(Date.now()),
    random: Math.random,
  };
  return (options) => {
    const parsed = parseOptions(options);
    return new AcmeManager(
      parsed,
      system.clock,
      (events, signal) => new CheckRun(parsed, system, events, signal),
    );
  };
}
