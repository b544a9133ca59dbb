import { readFile, rm } from 'node:fs/promises';
import { outOfRange } from '../../base/errors/argument-error.js';
import { writePrivateFile } from '../import-export/write-file.js';
import { parseRegFile, type RegFileEntry, writeRegFile } from '../registry/reg-file.js';
import { readValue } from '../registry/registry.js';
import { listValue, numberValue, type RegistryValue, sameValue } from '../registry/registry-value.js';
import type { Change, ChangeValue } from './change.js';
import { policyError } from './policy-error.js';
import { type PolicySystem, thisPolicySystem } from './policy-system.js';
import { isSetting, isVersionKey, settingValue, takesEffect } from './settings.js';
import { changedMeanwhile, type Step, writeSteps } from './settings-writer.js';

export interface ApplyOptions {
  /**
   * A file that is written before anything changes, in the form of the registry editor: `undoChange()` and "reg import"
   * take the change back with it. It must not exist. It is removed if the change fails and could be taken back.
   */
  readonly undoFile?: string | undefined;
  /** Into the undo file, as a comment: what was done. */
  readonly comment?: string | undefined;
  /** Stops before the next value; what was written is taken back. */
  readonly signal?: AbortSignal | undefined;
}

/** A change that was made. */
export interface Applied {
  readonly changes: readonly Change[];
  /** Keys that were made for it, below HKEY_LOCAL_MACHINE. */
  readonly createdKeys: readonly string[];
  readonly undoFile: string | null;
}

/**
 * Makes the changes of `planChange()`: all of them or none. Needs an administrator.
 *
 * @throws SchannelError ERR_SCHANNEL_POLICY_CHANGED if a value is not what the plan says; _ACCESS_DENIED; _UNVERIFIED;
 *   _LEFTOVERS. Error EEXIST for an undo file that exists
 */
export const applyChange = async (changes: readonly Change[], options: ApplyOptions = {}): Promise<Applied> =>
  applyChangeTo(thisPolicySystem(), changes, options);

/** As {@link applyChange}, of a given system. */
export async function applyChangeTo(
  system: PolicySystem,
  changes: readonly Change[],
  { undoFile, comment, signal }: ApplyOptions = {},
): Promise<Applied> {
  const { registry } = system;
  const steps: Step[] = [];
  for (const { key, name, now, then } of changes) {
    refuseUnknown(key, name);
    const before = await readValue(registry, key, name);
    if (!sameChangeValue(settingValue(key, name, before), now)) throw changedMeanwhile(key, name);
    steps.push({ key, name, before, then: valueOf(then) });
  }
  const createdKeys = await missingKeys(system, changes);
  for (const key of new Set(changes.map((change) => change.key))) await registry.checkRights(key);
  if (undoFile !== undefined) {
    await writePrivateFile(undoFile, undoFileOf(steps, createdKeys, comment), { readers: 'folder' });
  }
  try {
    await writeSteps(system, steps, { emptyKeys: createdKeys, signal });
  } catch (error) {
    if (undoFile !== undefined && !isCode(error, 'ERR_SCHANNEL_POLICY_LEFTOVERS')) {
      await rm(undoFile, { force: true }).catch(() => undefined);
    }
    throw error;
  }
  return { changes, createdKeys, undoFile: undoFile ?? null };
}

export interface UndoOptions {
  /** Undoes values that were changed since, too. Default false. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes a change back, by its undo file. Keys that the change made are removed if nothing else is in them.
 *
 * @throws SchannelError ERR_SCHANNEL_POLICY_CHANGED if a value is not what the change has left; _FILE for a file that
 *   is none; _ACCESS_DENIED; _UNVERIFIED; _LEFTOVERS. Error of node:fs if it cannot be read
 */
export const undoChange = async (file: string, options: UndoOptions = {}): Promise<Change[]> =>
  undoChangeOf(thisPolicySystem(), await readFile(file), options);

/** As {@link undoChange}, of a given system and the bytes of the file. @returns what was changed */
export async function undoChangeOf(
  system: PolicySystem,
  file: Uint8Array,
  options: UndoOptions = {},
): Promise<Change[]> {
  const { steps, emptyKeys } = await planUndo(system, file, options.force === true);
  for (const key of new Set(steps.map((step) => step.key))) await system.registry.checkRights(key);
  await writeSteps(system, steps, { signal: options.signal });
  for (const key of emptyKeys) await system.registry.removeEmptyKey(key);
  return steps.map(({ key, name, before, then }) => ({
    ...{ key, name, now: settingValue(key, name, before), then: settingValue(key, name, then) },
    takesEffect: takesEffect(key, name),
  }));
}

async function planUndo(
  { registry }: PolicySystem,
  file: Uint8Array,
  force: boolean,
): Promise<{ readonly steps: readonly Step[]; readonly emptyKeys: readonly string[] }> {
  const steps: Step[] = [];
  const emptyKeys: string[] = [];
  for (const entry of entriesOf(file)) {
    if (entry.kind === 'remove key') {
      if (!isVersionKey(entry.path)) throw badFile(`it removes HKLM\\${entry.path}`);
      emptyKeys.push(entry.path);
      continue;
    }
    const { path: key, name, value: then, written } = entry;
    if (!isSetting(key, name)) throw badFile(`it changes HKLM\\${key}\\${name}`);
    const before = await readValue(registry, key, name);
    if (sameValue(before, then)) continue;
    if (!force && (written === undefined || !sameValue(before, written))) throw changedMeanwhile(key, name);
    steps.push({ key, name, before, then });
  }
  return { steps, emptyKeys };
}

function entriesOf(file: Uint8Array): RegFileEntry[] {
  try {
    return parseRegFile(file);
  } catch (error) {
    throw badFile(error instanceof Error ? error.message : String(error));
  }
}

/** The former values, then the keys that were not there, the deepest first. */
const undoFileOf = (steps: readonly Step[], createdKeys: readonly string[], comment = ''): Buffer =>
  writeRegFile(
    [
      `Takes a change of TLS settings back: schannel policy undo FILE, or reg import FILE`,
      `Written on ${new Date().toISOString()}`,
      ...(comment === '' ? [] : [comment]),
    ],
    [
      ...steps.map(({ key, name, before, then }) => ({
        ...{ kind: 'value' as const, path: key, name, value: before, written: then },
      })),
      ...createdKeys.map((path) => ({ kind: 'remove key' as const, path })),
    ],
  );

/** Keys of versions that the changes make, the deepest first. Those above them may become others' too. */
async function missingKeys({ registry }: PolicySystem, changes: readonly Change[]): Promise<string[]> {
  const missing = new Set<string>();
  for (const { key, then } of changes) {
    if (then === null) continue;
    for (let path = key; isVersionKey(path); path = path.slice(0, path.lastIndexOf('\\'))) {
      if (missing.has(path) || (await registry.read(path)).length > 0) break;
      missing.add(path);
    }
  }
  return [...missing].sort((a, b) => b.split('\\').length - a.split('\\').length);
}

function refuseUnknown(key: string, name: string): void {
  if (!isSetting(key, name)) throw outOfRange('changes', 'settings of planChange()', `HKLM\\${key}\\${name}`);
}

const valueOf = (value: ChangeValue): RegistryValue | null =>
  value === null ? null : typeof value === 'number' ? numberValue(value) : listValue(value);

const sameChangeValue = (a: ChangeValue, b: ChangeValue): boolean => JSON.stringify(a) === JSON.stringify(b);

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const badFile = (reason: string): Error =>
  policyError(
    'ERR_SCHANNEL_POLICY_FILE',
    `The file cannot be used: ${reason}`,
    'Use the file that "schannel policy set" has written.',
  );
