import { callNativeVoid } from '../../native/promises.js';
import { readValue } from '../registry/registry.js';
import { listOf, type RegistryValue, sameValue } from '../registry/registry-value.js';
import { LOCAL_SUITES_KEY, SUITES_VALUE } from './keys.js';
import { policyError } from './policy-error.js';
import type { PolicySystem } from './policy-system.js';
import { LOCAL_TABLE, SUITE_INTERFACE } from './read-policy.js';
import { isSuiteList } from './settings.js';

/** A value to write, and what must be there before. */
export interface Step {
  /** Below HKEY_LOCAL_MACHINE. */
  readonly key: string;
  readonly name: string;
  readonly before: RegistryValue | null;
  readonly then: RegistryValue | null;
}

export interface WriteOptions {
  /** Keys to remove afterwards, the deepest first, if nothing is left in them. */
  readonly emptyKeys?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes values one by one, each if it still is what it was, and reads it back. If one fails, those before it are taken
 * back, the last one first.
 *
 * @throws SchannelError ERR_SCHANNEL_POLICY_CHANGED, _UNVERIFIED, _LEFTOVERS, _ACCESS_DENIED; ERR_SCHANNEL_SYSTEM_…
 * @throws the reason of `signal`
 */
export async function writeSteps(
  system: PolicySystem,
  steps: readonly Step[],
  { emptyKeys = [], signal }: WriteOptions = {},
): Promise<void> {
  const begun: Step[] = [];
  try {
    for (const step of steps) {
      signal?.throwIfAborted();
      const now = await readValue(system.registry, step.key, step.name);
      if (!sameValue(now, step.before)) throw changedMeanwhile(step.key, step.name);
      begun.push(step);
      await write(system, step, step.then);
    }
  } catch (error) {
    const left = await takeBack(system, begun);
    for (const key of emptyKeys) await system.registry.removeEmptyKey(key).catch(() => false);
    if (left.length === 0) throw error;
    throw policyError(
      'ERR_SCHANNEL_POLICY_LEFTOVERS',
      `The change failed, and could not be taken back: ${left.join('; ')}`,
      'Import the undo file if there is one ("reg import FILE"), or set these values by hand.',
      error,
    );
  }
}

export const changedMeanwhile = (key: string, name: string): Error =>
  policyError(
    'ERR_SCHANNEL_POLICY_CHANGED',
    `HKLM\\${key}\\${name} is not what it was`,
    'Look at what it is now, "schannel policy show", and begin again; or undo with --force.',
  );

/** @returns what is not as it was */
async function takeBack(system: PolicySystem, begun: readonly Step[]): Promise<string[]> {
  const left: string[] = [];
  for (const step of [...begun].reverse()) {
    try {
      const now = await readValue(system.registry, step.key, step.name);
      if (!sameValue(now, step.before)) await write(system, step, step.before);
    } catch {
      left.push(`HKLM\\${step.key}\\${step.name}`);
    }
  }
  return left;
}

async function write(
  system: PolicySystem,
  { key, name }: Pick<Step, 'key' | 'name'>,
  value: RegistryValue | null,
): Promise<void> {
  const { registry } = system;
  if (isSuiteList(key, name) && value !== null) await writeSuites(system, listOf(value) ?? []);
  else if (value === null) await registry.remove(key, name);
  else await registry.set(key, name, value);
  if (sameContent(key, name, await readValue(registry, key, name), value)) return;
  throw policyError(
    'ERR_SCHANNEL_POLICY_UNVERIFIED',
    `Windows reports that HKLM\\${key}\\${name} was changed, but it is not`,
    'Look for a program that resets it. On Wine, cipher suites cannot be set.',
  );
}

/** Windows writes the list of suites itself, so only what it says can be compared. */
const sameContent = (key: string, name: string, a: RegistryValue | null, b: RegistryValue | null): boolean =>
  isSuiteList(key, name) && a !== null && b !== null
    ? JSON.stringify(listOf(a)) === JSON.stringify(listOf(b))
    : sameValue(a, b);

/**
 * Changes the list by the functions that the TLS cmdlets use: writing the value is not supported ("Manage Transport
 * Layer Security (TLS)"). Wanted suites are put to their places before others go, and one that has its place stays, so
 * that the list is never empty.
 */
async function writeSuites({ registry, addon }: PolicySystem, wanted: readonly string[]): Promise<void> {
  const list = [...(listOf(await readValue(registry, LOCAL_SUITES_KEY, SUITES_VALUE)) ?? [])];
  const failing = (name: string) => ({
    phase: 'policy' as const,
    text: `The cipher suite ${name} could not be changed`,
  });
  const remove = (name: string): Promise<void> =>
    callNativeVoid(failing(name), (callback) => {
      addon.removeContextFunction(LOCAL_TABLE, SUITE_INTERFACE, name, callback);
    });
  for (const [position, name] of wanted.entries()) {
    if (list[position] === name) continue;
    const former = list.indexOf(name);
    if (former !== -1) {
      await remove(name);
      list.splice(former, 1);
    }
    await callNativeVoid(failing(name), (callback) => {
      addon.addContextFunction(LOCAL_TABLE, SUITE_INTERFACE, name, position, callback);
    });
    list.splice(position, 0, name);
  }
  for (const name of list.slice(wanted.length)) await remove(name);
}
