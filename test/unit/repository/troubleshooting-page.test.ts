import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '#lib/cli/program.js';
import { commandLibrary, NO_RUN } from '../../support/command-library.js';
import { capturedIO } from '../../support/captured-io.js';

const folder = dirname(require.resolve('schannel/package.json'));
const page = readFileSync(join(folder, 'docs', 'troubleshooting.md'), 'utf8');
const program = createProgram('0', { ...commandLibrary(), io: capturedIO(), ...NO_RUN });

/** Command lines in blocks and between backquotes. */
const lines = [...page.matchAll(/(?:^|`)schannel ([^`\n]+)/gm)].map(([, line = '']) => line);

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

describe('docs/troubleshooting.md', () => {
  it('has commands under each symptom', () => {
    const symptoms = page.split('\n## ').slice(1);
    assert.ok(symptoms.length >= 6);
    for (const symptom of symptoms) {
      assert.match(symptom, /```\n(certutil.*\n)*schannel /);
      assert.match(symptom, /\*\*(Cause|403\.7)/);
    }
  });

  for (const line of new Set(lines)) {
    it(`names a command that exists: schannel ${line}`, () => {
      const [command, rest] = commandOf(line.split(' '));
      assert.equal(command.commands.length > 0 && command.registeredArguments.length === 0, false);
      assert.notEqual(command, program);
      const options = command.options.map(({ long }) => long);
      for (const word of rest.filter((each) => each.startsWith('--')))
        assert.ok(options.includes(word), word);
    });
  }
});
