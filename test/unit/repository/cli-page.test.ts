import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { EXIT_CODE_MEANINGS } from '#lib/cli/exit-code.js';
import { createProgram } from '#lib/cli/program.js';
import { commandLibrary, NO_RUN } from '../../support/command-library.js';
import { capturedIO } from '../../support/captured-io.js';

const page = readFileSync(join(dirname(require.resolve('schannel/package.json')), 'docs', 'cli.md'), 'utf8');
const program = createProgram('0', {
  ...commandLibrary(),
  io: capturedIO(),
  ...NO_RUN,
});

/** What can be run: those without subcommands, and those that take arguments themselves. */
const runnable = (command: Command): readonly Command[] =>
  command.commands.length === 0 || command.registeredArguments.length > 0
    ? [command, ...command.commands.flatMap(runnable)]
    : command.commands.flatMap(runnable);

const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;

const commands = runnable(program);

describe('docs/cli.md', () => {
  for (const command of commands) {
    it(`explains every option of ${fullName(command)}`, () => {
      const missing = command.options.filter(
        ({ long }) => !page.includes(`${long ?? ''} `) && !page.includes(`${long ?? ''}\``),
      );
      assert.deepEqual(
        missing.map(({ flags }) => flags),
        [],
      );
      assert.ok(page.includes(`## ${fullName(command)}\n`));
    });
  }

  it('has help in which defaults can be read', () => {
    for (const command of commands) assert.doesNotMatch(command.helpInformation(), /[{}]/);
  });

  it('explains no option that is gone', () => {
    const known = new Set(commands.flatMap(({ options }) => options.map(({ long }) => long)));
    const rows = page.split('\n').filter((line) => line.startsWith('| `-'));
    const named = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/--[a-z0-9-]+/g) ?? []);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  it('has the exit codes of the command', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => [
      Number(code),
      meaning,
    ]);
    assert.deepEqual(rows, EXIT_CODE_MEANINGS);
  });
});
