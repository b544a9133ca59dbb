import { randomBytes, randomUUID } from 'node:crypto';
import type { NativeProcesses } from '../../native/process-binding.js';
import { namespaceOf } from '../../native/namespace.js';

/** Whose the names of this thread are. */
const RUN = randomBytes(16).toString('hex');

const NAME = /^schannel-doctor-([\da-f]{32})-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A unique name for a key, a store or the subject of a certificate. */
export const newName = (): string => `schannel-doctor-${RUN}-${randomUUID()}`;

/** Who chose the name; null if it is no name of the doctor's. */
export const runOf = (name: string): string | null => NAME.exec(name)?.[1] ?? null;

/** Whether this thread chose the name. Others may run at the same time. */
export const isOurs = (name: string): boolean => runOf(name) === RUN;

type Marking = Pick<NativeProcesses, 'createLivenessMarker' | 'isAppContainer'>;

/**
 * Shows all others, of any account and session, that what this thread makes is in use. Windows ends that when the
 * process is killed.
 * @returns ends it
 * @throws NativeFailure
 */
export function markOurs(native: Marking): () => void {
  if (marks === 0) {
    const marker = native.createLivenessMarker(markerOf(native, RUN));
    unmark = () => marker.close();
  }
  marks += 1;
  return () => {
    marks -= 1;
    if (marks === 0) unmark();
  };
}

/** Runs of this thread that are under way. */
let marks = 0;
let unmark = (): void => undefined;

/** Whether who chose the name is dead; false for every name that is not the doctor's. */
export function isAbandoned(
  native: Pick<NativeProcesses, 'isAlive' | 'isAppContainer'>,
  name: string,
): boolean {
  const run = runOf(name);
  return run !== null && !native.isAlive(markerOf(native, run));
}

const markerOf = (native: Pick<NativeProcesses, 'isAppContainer'>, run: string): string =>
  `${namespaceOf(native)}\\schannel-doctor-${run}`;
