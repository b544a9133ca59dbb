import { createHash } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { keyLocations } from '../key/locations.js';
import type { Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { nativeCall, runProcedure, type Procedure } from './procedure.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { AuthorityStore } from './authority-store.js';
import type { KeySet } from './key-set.js';
import { isOwnerAlive, ownerOfContainer } from './owner.js';
import { sweeping } from './published-authorities.js';
import { deleteIfThere } from './temporary-keys.js';

/** What was removed of processes that ended without cleaning up. */
export interface SweepReport {
  /** Names of the private keys that were deleted. */
  readonly keys: readonly string[];
  /** SHA-1 thumbprints of the certificates that were taken out of CurrentUser\CA, upper case. */
  readonly certificates: readonly string[];
  /** What could not be looked at, or not be removed. */
  readonly failures: readonly Error[];
}

type SweepNative = Pick<
  Native,
  | 'isAlive'
  | 'isAppContainer'
  | 'listContainers'
  | 'deleteKey'
  | 'acquireLock'
  | 'openStore'
  | 'createCertificate'
  | 'platform'
>;

/**
 * Removes the temporary private keys and the published intermediate certificates of processes of this user that were
 * killed, or crashed, before they could do so. What a living process uses stays, as does every key and certificate that
 * the library did not put there for a connection's sake: imported ones too. The library does this by itself, when a
 * process uses a certificate and key from files for the first time.
 *
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM; everything else is in the report
 */
export const sweepOrphans = async (): Promise<SweepReport> => sweep(native());

/** {@link sweepOrphans} by this add-on and this store, of these keys. A machine may have thousands of them. */
export async function sweep(
  stores: SweepNative,
  keySets: readonly KeySet[] = ['user', 'machine'],
  authorities: Pick<AuthorityStore, 'read' | 'revise'> = new AuthorityStore(stores),
): Promise<SweepReport> {
  const failures: Error[] = [];
  const isDead = deathsBy(stores);
  const keys: string[] = [];
  for (const keySet of keySets) keys.push(...(await sweepKeys(stores, keySet, isDead, failures)));
  const certificates = await runProcedure(sweepCertificates(authorities, isDead)).catch(noted(failures, []));
  return { keys, certificates, failures };
}

/** Asks once for each owner. */
function deathsBy(stores: Pick<Native, 'isAlive'>): (token: string) => boolean {
  const deaths = new Map<string, boolean>();
  return (token) => {
    const isDead = deaths.get(token) ?? !isOwnerAlive(stores, token);
    deaths.set(token, isDead);
    return isDead;
  };
}

/** Puts an error into the report, and goes on with something else. */
const noted =
  <Instead>(failures: Error[], instead: Instead) =>
  (error: unknown): Instead => {
    failures.push(toError(error));
    return instead;
  };

/** @returns the names of those that were deleted */
async function sweepKeys(
  stores: Pick<Native, 'listContainers' | 'deleteKey'>,
  keySet: KeySet,
  isDead: (token: string) => boolean,
  failures: Error[],
): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const place of keyLocations({ container: '', machine: keySet === 'machine' }, true)) {
    for (const location of await orphansAt(stores, place, isDead).catch(noted(failures, []))) {
      try {
        if (await runProcedure(deleteIfThere(stores, location))) keys.push(location.container);
      } catch (error) {
        // Among the keys of the machine are those of other accounts, whose own sweep has to see to them.
        if (keySet === 'user' || !isAccessDenied(error)) noted(failures, undefined)(error);
      }
    }
  }
  return keys;
}

const isAccessDenied = (error: unknown): boolean =>
  error instanceof SchannelError && error.code === 'ERR_SCHANNEL_KEY_ACCESS_DENIED';

async function orphansAt(
  stores: Pick<Native, 'listContainers'>,
  place: NativeKeyLocation,
  isDead: (token: string) => boolean,
): Promise<readonly NativeKeyLocation[]> {
  const isOrphan = (name: string): boolean => {
    const owner = ownerOfContainer(name);
    return owner !== null && isDead(owner);
  };
  const names = await runProcedure(namesAt(stores, place));
  return names.filter(isOrphan).map((container) => ({ ...place, container }));
}

function* namesAt(
  stores: Pick<Native, 'listContainers'>,
  place: NativeKeyLocation,
): Procedure<readonly string[]> {
  try {
    return yield* nativeCall<readonly string[]>(
      { phase: 'key', text: 'The private keys could not be listed' },
      (callback) => stores.listContainers(place, callback),
    );
  } catch (error) {
    // A provider that keeps no keys: Wine's CNG.
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_KEY_UNSUPPORTED') return [];
    throw error;
  }
}

function* sweepCertificates(
  authorities: Pick<AuthorityStore, 'read' | 'revise'>,
  isDead: (token: string) => boolean,
): Procedure<readonly string[]> {
  const decide = sweeping(isDead);
  // Most of the time there is nothing to do, and no reason to make others wait.
  if (decide(yield* authorities.read()).length === 0) return [];
  const removed: Uint8Array[] = [];
  yield* authorities.revise((entries) => {
    const changes = decide(entries);
    removed.push(...changes.filter(({ owners }) => owners.length === 0).map((each) => each.certificate));
    return changes;
  });
  return removed.map(thumbprint);
}

const thumbprint = (certificate: Uint8Array): string =>
  createHash('sha1').update(certificate).digest('hex').toUpperCase();
