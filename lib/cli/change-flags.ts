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
    .option('--yes', 'do not ask for confirmation')
    .option('--dry-run', 'show what would be done, and change nothing');
}

/** The user was asked and declined. */
export class Declined extends Error {
  override readonly name = 'Declined';
}

/**
 * Asks for confirmation, unless --yes or --dry-run is given. If it returns, the caller may make the change, unless it
 * is a dry run.
 * @param question 'Delete the private key of bar.example?'
 * @throws {Declined} for any answer but yes
 * @throws {UsageError} when there is no terminal to ask on: the command must not wait for an answer that cannot come
 */
export async function confirmChange(
  { stdin, stderr }: CommandIO,
  flags: ChangeFlags,
  question: string,
): Promise<void> {
  if (flags.yes === true || flags.dryRun === true) return;
  // If standard error is a file, nobody sees the question.
  if (!canAsk(stdin) || stderr.isTTY !== true) {
    throw new UsageError(`${question} There is no terminal to confirm this on. Confirm it with --yes`);
  }
  const answer = await askLine(stdin, stderr, `${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Declined('Nothing was changed');
}
