import { createPublicKey, X509Certificate } from 'node:crypto';
import { native } from '#lib/native/load.js';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';
import { publicKeyDer } from '#lib/formats/x509/public-key.js';
import { openStore } from 'schannel/store';
import { type TestCertificate } from './certificates.js';
import {
  closeKey,
  deleteKey,
  listContainers,
  MS_ENH_RSA_AES_PROV,
  openKey,
  PROV_RSA_AES,
} from './native-store.js';

/** Software KSP of CNG; Wine keeps no keys in it. */
const KSP = 'Microsoft Software Key Storage Provider';

/**
 * What certificates of a test leave in the stores and among the keys of this user. Other tests may be at work in the
 * same stores: only these certificates count, and keys that are theirs.
 */
export class Footprint {
  readonly #thumbprints = new Set<string>();
  readonly #publicKeys = new Set<string>();
  readonly #before: ReadonlySet<string>;

  private constructor(before: readonly string[]) {
    this.#before = new Set(before);
  }

  static async of(...certificates: readonly TestCertificate[]): Promise<Footprint> {
    const footprint = new Footprint((await allContainers()).map(({ container }) => container));
    footprint.include(...certificates);
    return footprint;
  }

  /** Counts these as well from now on. */
  include(...certificates: readonly Pick<TestCertificate, 'der' | 'key'>[]): void {
    for (const { der, key } of certificates) {
      this.#thumbprints.add(new X509Certificate(der).fingerprint256.replaceAll(':', ''));
      this.#publicKeys.add(publicKeyDer(createPublicKey(key)).toString('hex'));
    }
  }

  /** Where the certificates are: 'CurrentUser\\MY CN=leaf.test', sorted. */
  async certificates(): Promise<string[]> {
    const found: string[] = [];
    for (const name of STORES) {
      using store = await openStore(name, { archived: true });
      for (const each of await store.all()) {
        if (this.#thumbprints.has(each.thumbprint256)) found.push(`${store.path} ${each.subject}`);
      }
    }
    return found.sort();
  }

  /** How many keys of these certificates were made since. */
  async keys(): Promise<number> {
    return (await this.#keys()).length;
  }

  /** Removes all of it. */
  async remove(): Promise<void> {
    for (const name of STORES) {
      using store = await openStore(name, { archived: true });
      for (const each of await store.all()) {
        if (this.#thumbprints.has(each.thumbprint256)) await store.remove(each);
      }
    }
    for (const location of await this.#keys()) await deleteKey(location);
  }

  async #keys(): Promise<NativeKeyLocation[]> {
    const found: NativeKeyLocation[] = [];
    for (const location of await allContainers()) {
      if (this.#before.has(location.container)) continue;
      if (await this.#isOurs(location)) found.push(location);
    }
    return found;
  }

  async #isOurs(location: NativeKeyLocation): Promise<boolean> {
    // One of somebody else may be gone by now.
    const key = await openKey(location).catch(() => null);
    if (key === null) return false;
    const { publicKey } = key;
    await closeKey(key);
    return publicKey !== null && this.#publicKeys.has(Buffer.from(publicKey).toString('hex'));
  }
}

const STORES = ['MY', 'CA', 'Root'];

async function allContainers(): Promise<NativeKeyLocation[]> {
  const ofCsp = (await listContainers()).map((container) => ({
    container,
    provider: MS_ENH_RSA_AES_PROV,
    providerType: PROV_RSA_AES,
    flags: 0,
    keySpec: 1,
  }));
  const ofKsp = await new Promise<readonly string[]>((resolve) => {
    native().listContainers({ provider: KSP, providerType: 0, flags: 0 }, (outcome) => {
      resolve(outcome.value ?? []);
    });
  });
  return [
    ...ofCsp,
    ...ofKsp.map((container) => ({ container, provider: KSP, providerType: 0, flags: 0, keySpec: 0 })),
  ];
}
