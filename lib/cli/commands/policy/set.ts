import { type Command, Option } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { SettableState, TemplateName, WantedPolicy } from '../../../policy.js';
import { POLICY_VERSIONS, ROLES, SETTABLE_STATES } from '../../../windows/policy/protocol-versions.js';
import { suitesInForce } from '../../../windows/policy/suite-versions.js';
import { TEMPLATE_NAMES } from '../../../windows/policy/templates.js';
import { wholeNumber } from '../../arguments.js';
import { addChangeFlags } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { UsageError } from '../../usage-error.js';
import { runSet, type RunSetFlags } from './run-set.js';
import { templateArgument } from './template-argument.js';

interface SetFlags extends RunSetFlags {
  readonly template?: string;
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
    wanted: (values: readonly string[], flags: SetFlags) => WantedPolicy,
    question?: string,
  ): Command =>
    addFlags(
      set
        .command(usage)
        .summary(description)
        .description(`${sentence(description)}.`),
    ).action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const flags = command.opts<SetFlags>();
      const { template } = flags;
      const told = [...command.args, ...(template === undefined ? [] : ['--template', template])];
      await runSet(wanted(command.args, flags), flags, ['set', command.name(), ...told], context, question);
    });
  add(
    'protocol <version> <role> <state>',
    'switch a version on or off: "TLS 1.0" server off',
    ([version = '', role = '', state = '']) => ({
      protocol: oneOf(POLICY_VERSIONS, version, 'version'),
      role: oneOf(ROLES, role, 'role'),
      state: oneOf(STATES, state, 'state'),
    }),
  ).option('--even-none', 'permit a role without any version');
  add('suites [name...]', 'list the cipher suites of this machine, in order', (suites, { template }) => ({
    suites: template === undefined ? named(suites) : templateSuites(template, suites),
  }))
    .option('--template <name|file>', `take those of ${TEMPLATE_NAMES.join(', ')}, or of a JSON file`)
    .option('--even-none', 'permit a list with no suite for the versions of a role');
  add('groups <name...>', 'list the groups of this machine, in order', (groups) => ({ groups }));
  add(
    'client-auth-trust <mode>',
    'set which client certificates servers trust: 0 machine, 1 exclusive root, 2 exclusive CA',
    ([mode = '']) => ({ clientAuthTrust: wholeNumber(0, 2)(mode) as 0 | 1 | 2 }),
  );
  add(
    'event-logging <level>',
    'set what Schannel logs: the sum of 1 errors, 2 warnings, 4 information',
    ([level = '']) => ({ eventLogging: wholeNumber(0, 7)(level) }),
  );
  add(
    'fips <state>',
    'switch FIPS mode on or off, which changes more than TLS',
    ([state = '']) => ({ fips: oneOf(['on', 'off'], state, 'state') === 'on' }),
    'FIPS mode changes more than TLS: the .NET Framework, EFS and Remote Desktop, too. Go on anyway?',
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

/** @throws {UsageError} without a name */
function named(suites: readonly string[]): readonly string[] {
  if (suites.length > 0) return suites;
  throw new UsageError('Name cipher suites, or take those of a template with --template');
}

/** @throws {UsageError} for names beside a template, and for a file without suites */
function templateSuites(text: string, names: readonly string[]): readonly string[] | TemplateName {
  if (names.length > 0) throw new UsageError('Give names of cipher suites, or --template, and not both');
  const template = templateArgument(text, '--template');
  if (typeof template === 'string') return template;
  const suites = 'format' in template ? suitesInForce(template) : template.suites;
  if (suites != null) return suites;
  throw new UsageError(`--template: ${printable(text)} lists no cipher suites`);
}
