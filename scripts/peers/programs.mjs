import { findProgram } from '../support/paths.mjs';

/**
 * What the tests may start on this machine, by name. `needsRoot` gives the reason why it can't run without.
 * @type {Record<string, { program: string, package: string, needsRoot?: string }>}
 */
export const PROGRAMS = {
  openssl: { program: 'openssl', package: 'openssl' },
};

/**
 * Whether a program can be started here.
 * @returns {string | null} why it can't be
 */
export function whyUnavailable(name) {
  const entry = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (entry === undefined) return `${name} is not on the list of peers`;
  if (findProgram(entry.program) === null) return `${name} is not installed (package ${entry.package})`;
  if (entry.needsRoot !== undefined && process.getuid() !== 0) return entry.needsRoot;
  return null;
}
