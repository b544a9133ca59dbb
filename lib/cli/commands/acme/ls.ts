import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { addStateFlags, configuredOptions, type StateFlags } from './configured.js';
import { formatSets, setFacts } from './set-facts.js';

/** Adds `schannel acme ls`. */
export function addListCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('ls')
    .summary('list the certificates')
    .description('Lists the certificates of config.json, and when each is renewed. No server is asked.');
  addStateFlags(command).action((flags: StateFlags) => runList(flags, context));
}

async function runList(flags: StateFlags, context: CommandContext): Promise<void> {
  const { acme, io } = context;
  const sets = await acme.createAcmeManager(await configuredOptions(flags, context, 'unused')).status();
  writeReport(io, flags, {
    facts: () => ({ ok: true, sets: sets.map(setFacts), error: null }),
    lines: (style) => formatSets(sets, style),
  });
}
