import { createPrivateKey, randomUUID } from 'node:crypto';
import { persistKey, removeKey } from '#lib/windows/key/keys.js';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';
import type { CertificateStore } from '#lib/windows/store/store.js';
import type { TestCertificate } from './certificates.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from './own-store.js';

/** A store that a server follows, with its own keys. */
export class ServerStore {
  readonly name: string;
  readonly #store: CertificateStore;
  readonly #keys: NativeKeyLocation[] = [];

  private constructor(name: string, store: CertificateStore) {
    this.name = name;
    this.#store = store;
  }

  static async create(): Promise<ServerStore> {
    const name = ownStoreName();
    return new ServerStore(name, await createOwnStore(name));
  }

  /** As an administrator installs a certificate. */
  async put({ der, key }: TestCertificate): Promise<void> {
    const container = `schannel-test-${randomUUID()}`;
    const options = { container, machine: false, exportable: false };
    const keyLocation = await persistKey(createPrivateKey(key), options);
    this.#keys.push(keyLocation);
    (await this.#store.add(der, { keyLocation })).close();
  }

  /** One whose key is said to be where it is not. */
  async putWithoutKey({ der, key }: TestCertificate): Promise<void> {
    const container = `schannel-test-${randomUUID()}`;
    const options = { container, machine: false, exportable: false };
    const keyLocation = await persistKey(createPrivateKey(key), options);
    await removeKey(keyLocation);
    (await this.#store.add(der, { keyLocation })).close();
  }

  async take(certificate: TestCertificate): Promise<void> {
    for (const found of await this.#store.find({ where: ({ raw }) => raw.equals(certificate.der) })) {
      await this.#store.remove(found);
      found.close();
    }
  }

  async close(): Promise<void> {
    this.#store.close();
    deleteOwnStore(this.name);
    for (const key of this.#keys) await removeKey(key);
  }
}
