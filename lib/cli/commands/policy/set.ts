import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { Change, SettableState, WantedPolicy } from '../../../policy.js';
import { POLICY_VERSIONS, ROLES, SETTABLE_STATES } from '../../../windows/policy/protocol-versions.js';
import { wholeNumber } from '../../arguments.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { canAsk } from '../../prompt.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { changeTable } from './change-table.js';

interface SetFlags extends ChangeFlags {
  readonly undo?: string;
  readonly evenNone?: boolean;
  readonly json?: boolean;
}

const STATES = Object.keys(SETTABLE_STATES) as readonly SettableState[];

/** Adds `schannel policy set` with a sub-command for each setting. */
export function addSetCommand(policy: Command, context: CommandContext): void {
  const set = policy
    .command('set')
    .summary('change a setting, with a file that takes it back')
    .description(
      'Changes a TLS setting of Windows for all programs. It shows what will be written, writes a file that takes it back, ' +
        'and reads every value back. Needs an administrator.',
    );
  const add = (
    usage: string,
    description: string,
    wanted: (...values: readonly string[]) => WantedPolicy,
  ): Command =>
    addFlags(
      set
        .command(usage)
        .summary(description)
        .description(`${sentence(description)}.`),
    ).action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const values = command.args;
      await runSet(wanted(...values), command.opts<SetFlags>(), ['set', command.name(), ...values], context);
    });
  add(
    'protocol <version> <role> <state>',
    'switch a version on or off: "TLS 1.0" server off',
    (version = '', role = '', state = '') => ({
      protocol: oneOf(POLICY_VERSIONS, version, 'version'),
      role: oneOf(ROLES, role, 'role'),
      state: oneOf(STATES, state, 'state'),
    }),
  ).option('--even-none', 'permit a role without any version');
  add('suites <name...>', 'list the cipher suites of this machine, in order', (...suites) => ({ suites }));
  add('groups <name...>', 'list the groups of this machine, in order', (...groups) => ({ groups }));
  add(
    'client-auth-trust <mode>',
    'set which client certificates servers trust: 0 machine, 1 exclusive root, 2 exclusive CA',
    (mode = '') => ({ clientAuthTrust: wholeNumber(0, 2)(mode) as 0 | 1 | 2 }),
  );
  add(
    'event-logging <level>',
    'set what Schannel logs: the sum of 1 errors, 2 warnings, 4 information',
    (level = '') => ({ eventLogging: wholeNumber(0, 7)(level) }),
  );
}

const addFlags = (command: Command): Command =>
  addChangeFlags(command)
    .addOption(new Option('--undo <file>', 'the file that takes the change back; it must not exist'))
    .option('--json', 'write one JSON object to standard output');

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function oneOf<Name extends string>(names: readonly Name[], text: string, what: string): Name {
  const name = names.find((each) => each.toLowerCase() === text.toLowerCase());
  if (name !== undefined) return name;
  throw new UsageError(`${printable(text)} is no ${what}. It is one of: ${names.join(', ')}`);
}

async function runSet(
  wanted: WantedPolicy,
  flags: SetFlags,
  args: readonly string[],
  { io, policy: library }: CommandContext,
): Promise<void> {
  const dryRun = flags.dryRun === true;
  if (!dryRun && flags.undo === undefined) {
    throw new UsageError('Name a new file that takes the change back: --undo before.reg');
  }
  if (!dryRun && !canAsk(io.stdin) && flags.yes !== true) {
    throw new UsageError('There is no terminal to confirm this on. Confirm it with --yes');
  }
  if (flags.undo !== undefined && existsSync(flags.undo)) {
    throw new UsageError(`--undo: ${printable(flags.undo)} exists. Name a new file`);
  }
  const changes = library.planChange(await library.readPolicy(), wanted, { evenNone: flags.evenNone });
  const report = (text: string): void =>
    writeReport(io, flags, {
      facts: () => ({
        ...{ ok: true, dryRun, changes, undoFile: dryRun ? null : (flags.undo ?? null), error: null },
      }),
      lines: (style) => [...changeTable(changes, style), text],
    });
  if (changes.length === 0) {
    report('it is so already');
    return;
  }
  if (dryRun) {
    report('nothing was changed');
    return;
  }
  if (flags.yes !== true) io.stderr.write(`${changeTable(changes, PLAIN).join('\n')}\n`);
  await confirmChange(io, flags, 'This changes TLS for all programs of this machine. Go on?');
  await library.applyChange(changes, {
    undoFile: flags.undo,
    comment: `schannel policy ${args.map((text) => (/\s/.test(text) ? `"${text}"` : text)).join(' ')}`,
  });
  report(afterwards(changes, flags.undo));
}

const PLAIN = {
  bold: (text: string) => text,
  dim: (text: string) => text,
  good: (text: string) => text,
  warn: (text: string) => text,
  bad: (text: string) => text,
};

function afterwards(changes: readonly Change[], undo: string | undefined): string {
  const when = new Set(changes.map(({ takesEffect }) => takesEffect));
  const effect = when.has('reboot')
    ? 'it counts after a restart of Windows at the latest'
    : when.has('restart of the service')
      ? 'it counts when the service that listens starts again'
      : 'new connections have it; services that keep credentials, such as IIS, after a restart';
  return `changed: ${effect}${undo === undefined ? '' : `. Undo: schannel policy undo ${undo}`}`;
}
