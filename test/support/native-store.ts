import { randomUUID } from 'node:crypto';
import type { Callback, NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { releaseUnusedResources } from 'schannel';
import type {
  NativeCertificate,
  NativeEnd,
  NativeKey,
  NativeKeyLocation,
  NativeOutcome,
  NativeStore,
  NativeStoreRequest,
} from '#lib/native/store-binding.js';
import { turn, until } from './patience.js';

/**
 * Waits until no more handles are open than there were: they are given back on worker threads.
 * @param between what helps them on, again and again
 */
export async function handlesBackTo(
  before: NativeHandleCounts,
  between?: () => Promise<unknown>,
): Promise<void> {
  const kinds = Object.keys(before) as (keyof NativeHandleCounts)[];
  const left = (): string[] => {
    const now = native().handleCounts();
    return kinds.filter((kind) => now[kind] > before[kind]);
  };
  await until(
    () => left().length === 0,
    () => `handles are left: ${left().join(', ')}`,
    between,
  );
}

/** The counts once what others left behind has been given back, as far as it comes to that. */
export async function settledCounts(): Promise<NativeHandleCounts> {
  for (let round = 0; round < 50; round += 1) {
    await releaseUnusedResources();
    await turn();
  }
  return native().handleCounts();
}

/** Never asks anybody. */
export const SILENT = { silent: true, window: 0 } as const;

export const PROV_RSA_AES = 24;
export const MS_ENH_RSA_AES_PROV = 'Microsoft Enhanced RSA and AES Cryptographic Provider';

/** CERT_STORE_PROV_SYSTEM_W, CERT_SYSTEM_STORE_CURRENT_USER. A new Wine has no MY until somebody opens it. */
export const USER_MY: NativeStoreRequest = {
  provider: 10,
  flags: 0x10000,
  name: 'MY',
};

export const CERT_STORE_OPEN_EXISTING_FLAG = 0x4000;

/** The refusal of an outcome, as one line. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly syscall: string,
  ) {
    super(`${syscall}: 0x${status.toString(16)}`);
  }
}

/** What a native function answers. @throws Refused */
export const outcome = <Value>(start: (callback: Callback<NativeOutcome<Value>>) => void): Promise<Value> =>
  new Promise((resolve, reject) => {
    start((answer) => {
      if ('status' in answer) reject(new Refused(answer.status, answer.syscall));
      else resolve(answer.value);
    });
  });

/** The end of a native function without a result. @throws Refused */
export const end = (start: (callback: Callback<NativeEnd>) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start(({ status, syscall }) => {
      if (status === 0) resolve();
      else reject(new Refused(status, syscall));
    });
  });

export const openStore = (request: NativeStoreRequest): Promise<NativeStore> =>
  outcome((callback) => {
    native().openStore(request, callback);
  });

export const certificatesOf = (store: NativeStore): Promise<readonly NativeCertificate[]> =>
  outcome((callback) => {
    store.certificates(callback);
  });

export const openKey = (location: NativeKeyLocation): Promise<NativeKey> =>
  outcome((callback) => {
    native().openKey(location, SILENT, callback);
  });

/** Gives a key back, and waits for it. */
export const closeKey = (key: NativeKey): Promise<void> =>
  end((callback) => {
    key.close(callback);
  });

export const deleteKey = (location: NativeKeyLocation): Promise<void> =>
  end((callback) => {
    native().deleteKey(location, callback);
  });

/** A container of this user with a name that nobody has. */
export const ownContainer = (name: string): NativeKeyLocation => ({
  container: `schannel-test-${name}-${randomUUID()}`,
  provider: MS_ENH_RSA_AES_PROV,
  providerType: PROV_RSA_AES,
  flags: 0,
  keySpec: 1,
});

/** Imports a PRIVATEKEYBLOB. */
export const importKey = (
  location: NativeKeyLocation,
  blob: Uint8Array,
  exportPolicy: number,
): Promise<NativeKey> =>
  outcome((callback) => {
    native().importKey(
      {
        ...SILENT,
        location,
        algorithm: '',
        type: 'PRIVATEKEYBLOB',
        blob,
        exportPolicy,
      },
      callback,
    );
  });

/** The keys of the user's software providers: of a CSP and of CNG. Windows may show some of them among both. */
export async function listContainers(): Promise<readonly string[]> {
  const ofCsp = await keysOf(MS_ENH_RSA_AES_PROV, PROV_RSA_AES);
  return [...new Set([...ofCsp, ...(await keysOf(SOFTWARE_KSP, 0).catch(noneWithoutCng))])];
}

const keysOf = (provider: string, providerType: number): Promise<readonly string[]> =>
  outcome((callback) => {
    native().listContainers({ provider, providerType, flags: 0 }, callback);
  });

const SOFTWARE_KSP = 'Microsoft Software Key Storage Provider';
const NTE_NOT_SUPPORTED = 0x80090029;

/** Wine's CNG keeps no keys. */
function noneWithoutCng(error: unknown): readonly string[] {
  if (error instanceof Refused && error.status === NTE_NOT_SUPPORTED) return [];
  throw error;
}
