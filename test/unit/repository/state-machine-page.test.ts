import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FOLLOWING, PERMITTED } from '#lib/tls/engine/phase.js';

const root = path.resolve(__dirname, '../../..');
const page = readFileSync(path.join(root, 'docs', 'state-machine.md'), 'utf8');

describe('docs/state-machine.md', () => {
  it('is drawn from the tables as they are now', () => {
    execFileSync(process.execPath, [path.join(root, 'scripts', 'draw-state-machine.mjs'), '--check'], {
      stdio: 'pipe',
    });
  });

  it('shows every phase that follows another', () => {
    for (const [phase, next] of Object.entries(FOLLOWING)) {
      for (const name of next) {
        const target = name === 'closed' ? '[*]' : name;
        assert.ok(page.includes(`  ${phase} --> ${target}\n`), `${phase} to ${name}`);
      }
    }
  });

  it('shows as many permissions as there are, and explains every phase', () => {
    assert.equal(page.split('●').length - 1, Object.values(PERMITTED).flat().length);
    for (const phase of Object.keys(PERMITTED))
      assert.match(page, new RegExp(`^\\| \`${phase}\` \\| \\w`, 'm'));
  });
});
