import type { Command } from 'commander';
import { askLine, canAsk } from './prompt.js';
import type { CommandIO } from './terminal.js';
import { UsageError } from './usage-error.js';

/** The options of all commands that change something, as commander parses them. */
export interface ChangeFlags {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export function addChangeFlags(command: Command): Command {
  return command
    .option('--yes', 'do it without asking')
    .option('--dry-run', 'say what would be done, and change nothing');
}

/** Somebody was asked and did not want it. */
export class Declined extends Error {
  override readonly name = 'Declined';
}

/**
 * Asks whether to go on, unless --yes or --dry-run is given. Whoever gets past it may make the change, if it is not
 * a dry run.
 * @param question 'Delete the private key of bar.example?'
 * @throws {Declined} for any answer but yes
 * @throws {UsageError} when there is nobody to ask: a command without a terminal must not wait for an answer
 */
export async function confirmChange(
  { stdin, stderr }: CommandIO,
  flags: ChangeFlags,
  question: string,
): Promise<void> {
  if (flags.yes === true || flags.dryRun === true) return;
  // A question that is written to a file would wait for an answer forever.
  if (!canAsk(stdin) || stderr.isTTY !== true) {
    throw new UsageError(`${question} There is no terminal to ask on: say so with --yes`);
  }
  const answer = await askLine(stdin, stderr, `${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Declined('Nothing was changed');
}
