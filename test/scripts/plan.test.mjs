import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { ON_EVERY_NODE, planSuites } from '../../scripts/suites/plan.mjs';
import { inRoot } from '../../scripts/support/paths.mjs';

const VERSIONS = ['24', '20'];

describe('scripts/suites/plan', () => {
  const chosen = Object.values(ON_EVERY_NODE).flat();
  const plan = (options) => planSuites({ files: [], ...options }, VERSIONS);
  const filesOf = (suites) => Object.fromEntries(suites.map(({ title, files }) => [title, files]));
  const live = (options) => filesOf(plan({ suite: ['live'], ...options }));
  const all = live({ node: ['24'] })['live (node 24)'];

  it('knows a file for each thing that every node has to show', () => {
    for (const [what, names] of Object.entries(ON_EVERY_NODE)) assert.notEqual(names.length, 0, what);
    assert.deepEqual(
      chosen.filter((name) => !existsSync(inRoot('test/live', `${name}.test.ts`))),
      [],
    );
    assert.equal(new Set(chosen).size, chosen.length);
  });

  it('runs every live test on the first node, and the chosen part on the others', () => {
    const suites = live({});
    assert.deepEqual(Object.keys(suites), ['live (node 24)', 'live (node 20, part)']);
    assert.deepEqual(suites['live (node 24)'], all);
    assert.deepEqual(
      [...suites['live (node 20, part)']].sort(),
      chosen.map((name) => `dist-test/live/${name}.test.js`).sort(),
    );
  });

  it('runs every live test on a node that is named', () => {
    assert.deepEqual(live({ node: ['20'] }), { 'live (node 20)': all });
    assert.deepEqual(live({ node: ['20', '24', '20'] }), { 'live (node 20)': all, 'live (node 24)': all });
  });

  it('runs every live test on every node if told so', () => {
    assert.deepEqual(live({ node: ['all'] }), { 'live (node 24)': all, 'live (node 20)': all });
  });

  it('runs files that are named on every node', () => {
    const [file] = all.filter((name) => !chosen.some((part) => name.includes(part)));
    const source = file.replace('dist-test', 'test').replace(/js$/, 'ts');
    assert.deepEqual(live({ files: [source] }), { 'live (node 24)': [file], 'live (node 20)': [file] });
  });

  it('begins with what explains most', () => {
    const titles = plan({ node: ['20'] }).map(({ title }) => title);
    assert.deepEqual(
      titles.filter((title) => title !== 'rig'), // not on Windows
      ['lint', 'native', 'unit', 'live (node 20)'],
    );
  });

  it('refuses what there is not', () => {
    const refusal = (message) => ({ name: 'Refusal', message });
    assert.throws(() => plan({ node: ['18'] }), refusal('There is no node 18, only 24, 20 and all.'));
    assert.throws(() => plan({ suite: ['slow'] }), refusal(/^There is no suite slow, only lint, /));
    assert.throws(() => plan({ files: ['test/no'] }), refusal('No test file matches test/no.'));
  });
});
