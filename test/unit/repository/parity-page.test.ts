import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';

const ROOT = path.dirname(require.resolve('schannel/package.json'));

/** Rows of the tables of docs/node-tls-parity.md that give a verdict. */
const rows = readFileSync(path.join(ROOT, 'docs/node-tls-parity.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Name'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  .map(([, name = '', verdict = '', how = '', test = '']) => ({ name, verdict, how, test }))
  .filter(({ verdict, test }) => verdict !== '' && test !== '');

const filesOf = (test: string): string[] =>
  test.split(', ').map((name) => path.join(ROOT, 'test', `${name}.test.ts`));

/** The names that a test can be asked for; what stands for several, or describes, is none. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/^net\.Socket: | \(.*\)$/g, '')
    .split(', ')
    .map((word) => word.replace(/\(\)$|(?<=--tls-m.*)x$/, ''))
    .filter((word) => /^[\w.-]+$/.test(word));

describe('the page about node:tls', () => {
  it('has a verdict, a reason where it is needed, and a test that exists, in every row', () => {
    assert.ok(rows.length > 50);
    for (const { name, verdict, how, test } of rows) {
      assert.match(verdict, /^(?:same|different|refused)$/, name);
      assert.ok(verdict === 'same' || how !== '', name);
      for (const file of filesOf(test)) assert.ok(existsSync(file), `${name}: ${test}`);
    }
  });

  it('names tests that speak of what the row is about', () => {
    for (const { name, test } of rows) {
      const texts = filesOf(test).map((file) => readFileSync(file, 'utf8'));
      for (const word of wordsOf(name)) assert.ok(texts.join('\n').includes(word), `${word}: ${test}`);
    }
  });

  it('has a row for every export of node:tls', () => {
    const names = new Set(rows.map(({ name }) => name));
    for (const name of Object.keys(tls)) assert.ok(names.has(name), name);
  });
});
