import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FOLLOWING, PERMITTED } from '#lib/tls/engine/phase.js';
import { STAGE_FOLLOWING } from '#lib/tls/socket/stage.js';

const root = path.resolve(__dirname, '../../..');
const page = readFileSync(path.join(root, 'docs', 'state-machine.md'), 'utf8');

describe('docs/state-machine.md', () => {
  it('is drawn from the tables as they are now', () => {
    execFileSync(process.execPath, [path.join(root, 'scripts', 'draw-state-machine.mjs'), '--check'], {
      stdio: 'pipe',
    });
  });

  for (const [what, mark, following] of [
    ['stage', 'stages', STAGE_FOLLOWING],
    ['phase', 'phases', FOLLOWING],
  ] as const) {
    it(`shows every ${what} that follows another, and explains it`, () => {
      const drawing = page.split(`<!-- drawn: ${mark} -->`)[1]?.split('<!-- end -->')[0] ?? '';
      for (const [before, next] of Object.entries<readonly string[]>(following)) {
        for (const name of next) {
          const target = name === 'closed' ? '[*]' : name;
          assert.ok(drawing.includes(`  ${before} --> ${target}\n`), `${before} to ${name}`);
        }
        assert.match(page, new RegExp(`^\\| \`${before}\` \\| \\w`, 'm'));
      }
    });
  }

  it('shows as many permissions as there are, and explains every phase', () => {
    assert.equal(page.split('●').length - 1, Object.values(PERMITTED).flat().length);
    for (const phase of Object.keys(PERMITTED))
      assert.match(page, new RegExp(`^\\| \`${phase}\` \\| \\w`, 'm'));
  });
});
