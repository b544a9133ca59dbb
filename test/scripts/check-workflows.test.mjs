import assert from 'node:assert/strict';
import { check } from '../../scripts/check-workflows.mjs';

const PINNED = `actions/checkout@${'3'.repeat(40)} # v7.0.1`;
const workflow = ({ uses = PINNED, os = 'windows-2025', permissions = 'contents: read', more = '' } = {}) => [
  'a.yml',
  `on: push
permissions:
  ${permissions}
jobs:
  one:
    runs-on: ${os}
    steps:
      - uses: ${uses}
      - run: npm ci
${more}`,
];

describe('scripts/check-workflows', () => {
  it('finds nothing in a workflow that keeps the rules', async () => {
    assert.deepEqual(await check([workflow()]), []);
  });

  it('finds an action that is named by a tag, or by a commit without its version', async () => {
    for (const uses of ['actions/checkout@v7', `actions/checkout@${'3'.repeat(40)}`])
      assert.match(
        (await check([workflow({ uses })])).join('\n'),
        /^a\.yml:8: an action is named by its commit/,
      );
  });

  it('finds a workflow that may do more than read', async () => {
    const problems = await check([workflow({ permissions: 'contents: write' })]);
    assert.match(problems.join('\n'), /^a\.yml: the workflow may only read contents/);
  });

  it('finds -- that PowerShell takes away, the default shell on Windows', async () => {
    const withRun = (run) => [workflow({ more: `      - run: ${run}\n` })];
    assert.match(
      (await check(withRun('npm test -- --suite unit'))).join('\n'),
      /^a\.yml:10: PowerShell takes -- before npm sees it/,
    );
    assert.deepEqual(await check(withRun('npm test "--" --suite unit')), []);
  });

  it('finds what actionlint finds', async () => {
    assert.match(
      (await check([workflow({ os: 'windows-1' })])).join('\n'),
      /^a\.yml:6: label "windows-1" is unknown/,
    );
    assert.match(
      (await check([workflow({ more: '        colour: red\n' })])).join('\n'),
      /unexpected key "colour"/,
    );
  });

  it('finds no problem in those of the repository', async () => {
    assert.deepEqual(await check(), []);
  });
});
