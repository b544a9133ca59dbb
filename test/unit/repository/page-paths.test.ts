import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(require.resolve('schannel/package.json'));
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const PATH = /`((?:lib|native|test|scripts|bench|examples|docs|cmake)\/[\w./-]*)`/g;
const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g;

/** Modules without their extension, as in the table of rooms, and names that stand for many. */
const isNoFile = (named: string): boolean => !/\/$|\.\w+$/.test(named) || named.includes('PATH');

describe('the pages', () => {
  for (const page of pages) {
    it(`${page} names files that exist`, () => {
      const text = readFileSync(path.join(root, page), 'utf8');
      const named = [...text.matchAll(PATH)].map(([, file]) => file ?? '');
      const missing = named.filter((file) => !isNoFile(file) && !existsSync(path.join(root, file)));
      assert.deepEqual(missing, []);
    });

    it(`${page} has links that lead somewhere`, () => {
      const text = readFileSync(path.join(root, page), 'utf8');
      const targets = [...text.matchAll(LINK)].map(([, target]) => target ?? '');
      const broken = targets.filter((target) => !existsSync(path.join(root, path.dirname(page), target)));
      assert.deepEqual(broken, []);
    });
  }
});
