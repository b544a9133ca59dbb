import type { Command } from 'commander';
import type { ChallengeFinding } from '../../../acme.js';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { interruptible } from '../../interrupt.js';
import { writeReport } from '../../report.js';
import type { Style } from '../../terminal.js';
import { addChallengeFlags, type ChallengeFlags, proofsOf } from './challenge-flags.js';
import { addServerFlags, type ServerFlags, serverOf } from './server-flags.js';

interface PreflightFlags extends ServerFlags, ChallengeFlags {
  readonly account?: string;
  readonly resolver?: readonly string[];
  readonly json?: boolean;
}

/** Adds `schannel acme preflight`. */
export function addPreflightCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('preflight')
    .summary('look for what is in the way of a certificate')
    .description(
      'Looks for what usually is in the way of a certificate, and changes nothing: CAA records, IPv6 addresses of other machines, ' +
        'and who has port 80. Nothing that it finds is certain, since the Internet may see other records than this machine.',
    )
    .argument('<name...>', 'names for which a certificate will be ordered')
    .option('--account <url>', 'address of the account, which CAA records can demand')
    .option('--resolver <address...>', "DNS servers to ask (default: the system's)")
    .option('--json', 'print one JSON object');
  addChallengeFlags(addServerFlags(command)).action((names: readonly string[], flags: PreflightFlags) =>
    runPreflight(names, flags, context),
  );
}

async function runPreflight(
  names: readonly string[],
  flags: PreflightFlags,
  context: CommandContext,
): Promise<void> {
  const { acme, io, exit } = context;
  const { account, resolver: servers } = flags;
  const { solvers } = proofsOf(context, flags);
  const { directory, transport } = await serverOf(acme, flags);
  const findings = await interruptible(async (signal) =>
    acme.checkChallenges({
      directory: await acme.fetchDirectory({ directory, transport, signal }),
      ...{ names, solvers, account, servers, signal },
    }),
  );
  if (findings.length > 0) exit(EXIT_CODES.expiring);
  writeReport(io, flags, {
    facts: () => ({ ok: findings.length === 0, findings, error: null }),
    lines: (style) =>
      findings.length === 0
        ? [style.good('nothing was found that is in the way')]
        : findings.flatMap((each) => linesOf(each, style)),
  });
}

const linesOf = ({ text, advice }: ChallengeFinding, style: Style): string[] => [
  style.warn(printable(text, 1000)),
  ...(advice === '' ? [] : [`  ${printable(advice, 1000)}`]),
];
