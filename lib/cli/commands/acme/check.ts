import type { Command } from 'commander';
import type { AcmeManager, CheckOptions } from '../../../apps/acme/manager/manager.js';
import type { ManagerOptions } from '../../../apps/acme/manager/options.js';
import type { CheckReport, ManagerLogEntry, SetReport } from '../../../apps/acme/manager/report.js';
import { printable, printableList } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { errorFacts } from '../../describe-error.js';
import { EXIT_CODES, exitCodeOf } from '../../exit-code.js';
import { interruptible } from '../../interrupt.js';
import { writeReport } from '../../report.js';
import { type CommandIO, type Style, styleFor } from '../../terminal.js';
import { addStateFlags, configuredOptions, type StateFlags } from './configured.js';
import { formatSets, notesOn, setFacts, timeOf } from './set-facts.js';

interface CheckFlags extends StateFlags {
  readonly dryRun?: boolean;
}

interface RenewFlags extends StateFlags {
  readonly force?: boolean;
}

/** Adds `schannel acme check`. */
export function addCheckCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('check')
    .summary('get what is missing, renew what is due')
    .description(
      'Gets every certificate of config.json that is missing, renews those that are due, and shows how each stands. "acme get ' +
        '--keep" adds one to this file. Only one process of the machine does this at a time; others wait for it.',
    )
    .option('--dry-run', 'order nothing, and show what may be in the way: DNS records, who has port 80');
  addStateFlags(command).action((flags: CheckFlags) =>
    flags.dryRun === true ? runDry(flags, context) : runCheck(flags, { force: false, retry: true }, context),
  );
}

/** Adds `schannel acme renew`. */
export function addRenewCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('renew')
    .summary('renew what is due, or everything')
    .description('Renews the certificates of config.json that are due, and gets those that are missing.')
    .option('--force', 'renew all of them now. Authorities allow few certificates a week');
  addStateFlags(command).action((flags: RenewFlags) =>
    runCheck(flags, { force: flags.force === true, retry: flags.force === true }, context),
  );
}

async function runCheck(flags: StateFlags, haste: CheckOptions, context: CommandContext): Promise<void> {
  const { io, exit } = context;
  const manager = context.acme.createAcmeManager(await configuredOptions(flags, context));
  if (flags.json !== true) showLog(manager, io);
  const report = await interruptible((signal) => manager.check({ ...haste, signal }));
  writeReport(io, flags, {
    facts: () => factsOf(report),
    lines: (style) => [...formatSets(report.sets, style), ...notesOn(report.sets, style)],
  });
  const failed = report.sets.find(({ error }) => error !== null);
  if (failed !== undefined) exit(exitCodeOf(failed.error));
  else if (report.sets.some(({ action }) => action === 'waiting')) exit(EXIT_CODES.expiring);
}

/** As it goes: an order takes a while. */
function showLog(manager: Pick<AcmeManager, 'on'>, { stderr, env }: CommandIO): void {
  const style = styleFor(stderr, env);
  manager.on('log', (entry) => {
    stderr.write(`${formatEntry(entry, style)}\n`);
  });
}

function formatEntry({ time, level, text }: ManagerLogEntry, style: Style): string {
  const line = printable(text, 500);
  return `${style.dim(timeOf(time))} ${level === 'warning' ? style.warn(line) : line}`;
}

const factsOf = ({ sets, clockSkew }: CheckReport): object => ({
  ok: sets.every(({ error }) => error === null),
  clockSkew,
  sets: sets.map(reportFacts),
  error: null,
});

const reportFacts = ({ error, ...set }: SetReport): object => ({
  ...setFacts(set),
  error: error === null ? null : errorFacts(error),
});

/** How everything stands, and what may be in the way of the next order. */
async function runDry(flags: CheckFlags, context: CommandContext): Promise<void> {
  const { acme, io, exit } = context;
  const options = await configuredOptions(flags, context);
  const sets = await acme.createAcmeManager(options).status();
  const findings = await findObstacles(options, acme);
  writeReport(io, flags, {
    facts: () => ({
      ok: findings.length === 0,
      dryRun: true,
      sets: sets.map(setFacts),
      findings,
      error: null,
    }),
    lines: (style) => [
      ...formatSets(sets, style),
      ...notesOn(sets, style),
      ...findings.map(({ names, text, advice }) =>
        style.warn(`${printableList(names)}: ${`${text} ${advice}`.trim()}`),
      ),
      ...(findings.length === 0 ? ['Nothing was found that is in the way'] : []),
    ],
  });
  if (findings.length > 0) exit(EXIT_CODES.expiring);
}

interface Obstacle {
  readonly names: readonly string[];
  readonly text: string;
  readonly advice: string;
}

async function findObstacles(
  { certificates }: ManagerOptions,
  { checkChallenges }: CommandContext['acme'],
): Promise<Obstacle[]> {
  const found: Obstacle[] = [];
  for (const { names, challenge } of certificates) {
    const solvers = [challenge].flat();
    for (const { name, text, advice } of await checkChallenges({ names, solvers })) {
      found.push({ names: name === null ? names : [name], text: printable(text, 500), advice });
    }
  }
  return found;
}
