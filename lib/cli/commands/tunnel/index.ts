import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { toJson } from '../../json.js';
import { addTunnelFlags, checkArguments, type TunnelFlags } from './flags.js';
import { needsOf } from './needs.js';
import { open } from './opened.js';
import { runOpened } from './run.js';
import { logOf, tellerFor, told } from './telling.js';

/** Adds `schannel tunnel`. */
export function addTunnelCommand(program: Command, context: CommandContext, version: string): void {
  const command = program
    .command('tunnel')
    .description(
      'Takes connections in the clear and passes them on over TLS, or with --server takes connections over TLS and passes them on in ' +
        'the clear, until you press Ctrl+C. Certificates of servers are verified by Windows.',
    )
    .argument('[file]', 'a stunnel.conf, or what --print wrote: all its tunnels, which follow the file');
  addTunnelFlags(command).action((file: string | undefined, flags: Omit<TunnelFlags, 'version'>) =>
    runTunnel(file, { ...flags, version }, context, command),
  );
}
async function runTunnel(
  file: string | undefined,
  flags: TunnelFlags,
  context: CommandContext,
  command: Command,
): Promise<void> {
  const { io, tunnel: library, workers, exit, lifecycle } = context;
  checkArguments(file, command);
  if (file !== undefined && flags.print === true) {
    io.stdout.write(`${toJson(await library.planTunnelFile(file), 2)}\n`);
    return;
  }
  const opened = await told(tellerFor(flags, io, workers.number), exit, () => open(file, flags, context));
  if (opened === null) return;
  if (flags.check !== true && !lifecycle.begin(() => needsOf(file, flags, opened))) {
    await opened.close({ drain: 0 });
    return;
  }
  const log = flags.check === true ? null : logOf(flags, opened.process(), context);
  const teller = tellerFor(flags, log?.beside(io) ?? io, workers.number);
  try {
    await told(teller, exit, () => runOpened(opened, flags, context, teller));
  } finally {
    await log?.close();
  }
}
