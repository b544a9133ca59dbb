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
import { isOwnerAlive, ownerOfContainer } from '../key-journal/owner.js';
import { sweeping } from './published-authorities.js';
import { sweepJournal } from './sweep-journal.js';
import { deleteIfThere } from './temporary-keys.js';

/** What processes left behind that ended without cleaning up. */
export interface SweepReport {
  /** Names of the private keys that were deleted. */
  readonly keys: readonly string[];
  /** SHA-1 thumbprints of the certificates that were removed from CurrentUser\CA, upper case. */
  readonly certificates: readonly string[];
  /** Errors while listing or removing. */
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
  | 'readRegistry'
  | 'removeRegistryValue'
>;

/**
 * Removes temporary private keys and published intermediate certificates that processes of this user left behind when
 * they crashed or were killed, and keys of an import or of a removal that did not come to its end, if no certificate
 * has them. What a running process uses stays. So does everything else, such as imported certificates and their keys.
 * The library calls this itself when a process first uses a certificate and key from files.
 *
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM; other errors are in the report
 */
export const sweepOrphans = async (): Promise<SweepReport> => sweep(native());

/** {@link sweepOrphans} for these key sets. A machine may have thousands of keys. */
export async function sweep(
  stores: SweepNative,
  keySets: readonly KeySet[] = ['user', 'machine'],
  authorities: Pick<AuthorityStore, 'read' | 'revise'> = new AuthorityStore(stores),
): Promise<SweepReport> {
  const failures: Error[] = [];
  const isDead = deathsBy(stores);
  const keys: string[] = [];
  for (const keySet of keySets) {
    keys.push(...(await sweepKeys(stores, keySet, isDead, failures)));
    const unfinished = await sweepJournal(stores, keySet === 'machine');
    keys.push(...unfinished.keys);
    failures.push(...unfinished.failures);
  }
  const certificates = await runProcedure(sweepCertificates(authorities, isDead)).catch(noted(failures, []));
  return { keys, certificates, failures };
}

/** Checks each owner once. */
function deathsBy(stores: Pick<Native, 'isAlive'>): (token: string) => boolean {
  const deaths = new Map<string, boolean>();
  return (token) => {
    const isDead = deaths.get(token) ?? !isOwnerAlive(stores, token);
    deaths.set(token, isDead);
    return isDead;
  };
}

/** Adds an error to the report, and returns a replacement for the result. */
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
        // The machine's keys include those of other accounts, which only their own sweeps can delete.
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
    // Wine's CNG provider keeps no keys.
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_KEY_UNSUPPORTED') return [];
    throw error;
  }
}

function* sweepCertificates(
  authorities: Pick<AuthorityStore, 'read' | 'revise'>,
  isDead: (token: string) => boolean,
): Procedure<readonly string[]> {
  const decide = sweeping(isDead);
  // Usually there is nothing to do, and the lock isn't needed.
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
