import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../..');
const page = readFileSync(path.join(root, 'docs', 'walkthroughs.md'), 'utf8');

describe('docs/walkthroughs.md', () => {
  it('names files that exist and functions that occur in them, and counts them', () => {
    const script = path.join(root, 'scripts', 'draw-walkthroughs.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('tells each journey as hops', () => {
    for (const journey of ['down', 'up', 'pfx', 'import']) {
      const [, table = ''] = page.split(`<!-- drawn: ${journey} -->`);
      const [, hops] = /^\| `lib\/` and `native\/` \| (\d+) \|/m.exec(table) ?? [];
      assert.ok(Number(hops) >= 10, journey);
    }
    const items = page.match(/^\d+\. .*$/gm) ?? [];
    const hops = page.match(/^\d+\. `#?\w+(?:\(\))?` in `[^`]+` /gm) ?? [];
    assert.equal(hops.length, items.length, 'every item is a hop');
  });
});
