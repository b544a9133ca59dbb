import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '#lib/cli/program.js';
import { capturedIO } from '../../support/captured-io.js';
import { commandLibrary, NO_RUN } from '../../support/command-library.js';

const PAGES = ['README.md', 'docs/troubleshooting.md', 'examples/door-opener/README.md'];

const folder = dirname(require.resolve('schannel/package.json'));
const program = createProgram('0', { ...commandLibrary(), io: capturedIO(), ...NO_RUN });

/** Command lines in blocks and between backquotes, without what a page says about them. */
const linesOf = (page: string): string[] =>
  [...readFileSync(join(folder, page), 'utf8').matchAll(/(?:^ *|`)(?:npx )?schannel ([a-z][^`\n]*)/gm)].map(
    ([, line = '']) => line.replace(/\s+#.*|\s+[<>|].*/, ''),
  );

/** The command of a line, and the words after it. */
function commandOf(words: readonly string[]): readonly [Command, readonly string[]] {
  let command: Command = program;
  let at = 0;
  for (; at < words.length; at += 1) {
    const next = command.commands.find((each) => each.name() === words[at]);
    if (next === undefined) break;
    command = next;
  }
  return [command, words.slice(at)];
}

describe('commands in pages', () => {
  for (const page of PAGES) {
    it(`${page} has some`, () => assert.ok(linesOf(page).length >= 6));

    for (const line of new Set(linesOf(page))) {
      it(`${page} names a command that exists: schannel ${line}`, () => {
        const [command, rest] = commandOf(line.split(' '));
        assert.equal(command.commands.length > 0 && command.registeredArguments.length === 0, false);
        assert.notEqual(command, program);
        const options = command.options.map(({ long }) => long);
        for (const word of rest.filter((each) => each.startsWith('--')))
          assert.ok(options.includes(word), word);
      });
    }
  }
});
