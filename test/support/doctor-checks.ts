import type { Check, CheckContext, Finding } from '#lib/apps/doctor/check.js';
import type { Native } from '#lib/native/binding.js';
import { ScriptedRegistry } from './scripted-policy.js';

/** A check that does as it is told. */
export const check = (
  run: (context: CheckContext) => Promise<Finding>,
  options: Partial<Pick<Check, 'writes' | 'vital' | 'id'>> = {},
): Check => ({ id: 'a', title: 'A?', writes: false, vital: false, run, ...options });

/** For checks that do not ask the machine. */
export const machine = {
  native: {} as Native,
  registry: new ScriptedRegistry(),
  run: () => Promise.reject(new Error('no programs here')),
};

export const forever = (): Promise<Finding> => new Promise(() => undefined);
