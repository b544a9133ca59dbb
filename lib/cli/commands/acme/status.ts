import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { addStateFlags, configuredOptions, type StateFlags } from './configured.js';
import { formatSets, needsAttention, notesOn, setFacts } from './set-facts.js';

/** Adds `schannel acme status`. Its exit code is for monitoring. */
export function addStatusCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('status')
    .summary('show what is due or failing, for monitoring')
    .description(
      'Shows how each certificate of config.json stands, and what went wrong. No server is asked.\n' +
        `The exit code is ${EXIT_CODES.ok} if all is well, and ${EXIT_CODES.expiring} if something is due or failing.`,
    );
  addStateFlags(command).action((flags: StateFlags) => runStatus(flags, context));
}

async function runStatus(flags: StateFlags, context: CommandContext): Promise<void> {
  const { acme, io, exit } = context;
  const sets = await acme.createAcmeManager(await configuredOptions(flags, context, 'unused')).status();
  const ok = !sets.some(needsAttention);
  writeReport(io, flags, {
    facts: () => ({ ok, sets: sets.map(setFacts), error: null }),
    lines: (style) => [...formatSets(sets, style), ...notesOn(sets, style)],
  });
  if (!ok) exit(EXIT_CODES.expiring);
}
