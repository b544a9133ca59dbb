import { printable } from '../../../base/text/printable.js';
import type { StunnelProcess } from '../../../tunnel.js';
import type { CommandContext } from '../../command-context.js';
import { exitCodeOf } from '../../exit-code.js';
import { LogFile } from '../../log-file.js';
import type { CommandIO } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';
import type { TunnelFlags } from './flags.js';
import { StunnelTeller } from './stunnel-teller.js';
import { Teller } from './teller.js';

export type AnyTeller = Teller | StunnelTeller;

/** @throws {UsageError} */
export function tellerFor(
  { logFormat, json, workers }: TunnelFlags,
  io: CommandIO,
  worker: number | null,
): AnyTeller {
  if (logFormat === 'text') return new Teller(io, json === true, worker);
  if (workers !== undefined) throw new UsageError('--workers and --log-format stunnel exclude each other');
  if (json === true) throw new UsageError('--json and --log-format stunnel exclude each other');
  return new StunnelTeller(io);
}

/** @returns null if it has failed, and that has been said. @throws what `work` does, if it has not */
export async function told<Value>(
  teller: AnyTeller,
  exit: CommandContext['exit'],
  work: () => Promise<Value>,
): Promise<Value | null> {
  try {
    return await work();
  } catch (error) {
    if (!teller.failed(error)) throw error;
    exit(exitCodeOf(error));
    return null;
  }
}

/** The log file of the command line, or else of the file of tunnels. */
export function logOf(
  { log, logFormat }: TunnelFlags,
  named: StunnelProcess,
  { io, workers }: CommandContext,
): LogFile | null {
  // What a worker writes, the first process reads.
  if (workers.number !== null) return null;
  const file = log ?? named.output ?? '-';
  if (file === '-' || file.startsWith('/dev/std')) return null;
  return new LogFile({
    ...{ file, overwrite: named.log === 'overwrite', now: () => new Date() },
    // Lines of stunnel have their time.
    isTimed: logFormat === 'stunnel',
    failed: ({ message }) => io.stderr.write(`The log can't be written: ${printable(message)}\n`),
  });
}
