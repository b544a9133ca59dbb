import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import tls from 'node:tls';
import { EXIT_CODE_MEANINGS } from '#lib/cli/exit-code.js';
import { createProgram } from '#lib/cli/program.js';
import type { ConnectOptions, SecureSocket } from '#lib/cli/tls.js';
import { createStartTls } from '#lib/starttls/start-tls.js';
import { capturedSurroundings } from '../../support/mail-surroundings.js';

const page = readFileSync(join(dirname(require.resolve('schannel/package.json')), 'docs', 'cli.md'), 'utf8');
const connect = (options: ConnectOptions): SecureSocket => tls.connect(options);
const program = createProgram('0', {
  tls: { connect, startTls: createStartTls(connect) },
  surroundings: capturedSurroundings(),
  exit: () => undefined,
});

describe('docs/cli.md', () => {
  for (const command of program.commands) {
    it(`explains every option of ${command.name()}`, () => {
      const missing = command.options.filter(
        ({ long }) => !page.includes(`${long ?? ''} `) && !page.includes(`${long ?? ''}\``),
      );
      assert.deepEqual(
        missing.map(({ flags }) => flags),
        [],
      );
      assert.ok(page.includes(`## schannel ${command.name()}\n`));
    });
  }

  it('explains no option that is gone', () => {
    const known = new Set(program.commands.flatMap(({ options }) => options.map(({ long }) => long)));
    const rows = page.split('\n').filter((line) => line.startsWith('| `-'));
    const named = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/--[a-z-]+/g) ?? []);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  it('has the exit codes of the command', () => {
    const rows = [...page.matchAll(/^\| (\d) \| (.+) \|$/gm)].map(([, code, meaning]) => [
      Number(code),
      meaning,
    ]);
    assert.deepEqual(rows, EXIT_CODE_MEANINGS);
  });
});
