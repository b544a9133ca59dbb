import { readFileSync } from 'node:fs';
import { inRoot } from '../support/paths.mjs';

const PAGE = 'docs/node-tls-parity.md';

/** Headings of the page, below which a table names tests in its first column. */
const TABLES = { within: 'Within reach', chance: 'By chance under Wine', outside: 'Out of reach' };

/**
 * What docs/node-tls-parity.md says of Node's tests that do not pass.
 * @returns {{ within: Set<string>, chance: Set<string>, outside: Set<string> }} names of tests that could pass with
 *   Schannel, of those that sometimes do, and of those that ask for what only OpenSSL or Node's own internals have
 */
export function documentedFailures() {
  const sections = readFileSync(inRoot(PAGE), 'utf8').split(/^#+ /m);
  const named = (heading) => {
    const section = sections.find((text) => text.startsWith(heading)) ?? '';
    const cells = section.split('\n').flatMap((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? []);
    return new Set(cells.flatMap((cell) => [...cell.matchAll(/`(test-[\w.-]+)`/g)].map(([, name]) => name)));
  };
  return { within: named(TABLES.within), chance: named(TABLES.chance), outside: named(TABLES.outside) };
}
