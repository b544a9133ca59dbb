import { readFileSync } from 'node:fs';
import { inRoot } from '../support/paths.mjs';

const PAGE = 'docs/node-tls-parity.md';

/** Headings of the page, below which a table names tests in its first column, and where they fail in its second. */
const TABLES = { within: 'Within reach', chance: 'By chance', outside: 'Out of reach' };

/** What the second column says of a test that fails everywhere. */
const BOTH = 'both';

/**
 * What docs/node-tls-parity.md says of Node's tests that do not pass.
 * @param {'Wine' | 'double'} platform what they run on
 * @returns {{ within: Set<string>, chance: Set<string>, outside: Set<string> }} names of tests that could pass with
 *   Schannel, of those that sometimes do, and of those that ask for what only OpenSSL or Node's own internals have
 */
export function documentedFailures(platform) {
  const sections = readFileSync(inRoot(PAGE), 'utf8').split(/^#+ /m);
  const named = (heading) => {
    const section = sections.find((text) => text.startsWith(heading)) ?? '';
    const rows = section.split('\n').flatMap((line) => {
      const [, tests, where] = /^\| ([^|]+) \| ([^|]+) \|/.exec(line) ?? [];
      return where === platform || where === BOTH ? [tests] : [];
    });
    return new Set(rows.flatMap((tests) => [...tests.matchAll(/`(test-[\w.-]+)`/g)].map(([, name]) => name)));
  };
  return { within: named(TABLES.within), chance: named(TABLES.chance), outside: named(TABLES.outside) };
}
