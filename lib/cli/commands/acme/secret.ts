import { Argument, type Command } from 'commander';
import {
  SECRET_NAMES,
  SECRET_VARIABLES,
  type SecretName,
} from '../../../apps/acme/config/manager-options.js';
import { SecretFile } from '../../../apps/acme/config/secret-file.js';
import { prepareState, requireOwn } from '../../../apps/acme/manager/state-folder.js';
import type { CommandContext } from '../../command-context.js';
import { askHidden, canAsk } from '../../prompt.js';
import { writeReport } from '../../report.js';
import type { CommandIO } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';
import { addStateFlags, type StateFlags, stateOf } from './configured.js';

/** Adds `schannel acme secret`. @param fileOf where the secrets of a state folder are */
export function addSecretCommand(
  acme: Command,
  context: CommandContext,
  fileOf = (state: string): SecretFile => new SecretFile(state),
): void {
  const secret = acme
    .command('secret')
    .summary('keep secrets for renewals, encrypted by Windows')
    .description(
      'Keeps secrets for "acme check" and "acme renew" in the state folder, encrypted by Windows.',
    );
  const set = secret
    .command('set')
    .summary('keep a secret, or replace it')
    .description(
      'Encrypts a secret for SYSTEM, the administrators and this user. It comes from the variable that "acme get" uses, or is ' +
        'asked for without echo.',
    )
    .addArgument(nameArgument());
  addStateFlags(set).action((name: SecretName, flags: StateFlags) => runSet(name, flags, context, fileOf));
  const remove = secret
    .command('rm')
    .summary('remove a secret')
    .description('Removes a secret.')
    .addArgument(nameArgument());
  addStateFlags(remove).action((name: SecretName, flags: StateFlags) =>
    runRemove(name, flags, context, fileOf),
  );
}

const nameArgument = (): Argument => new Argument('<name>', 'what needs it').choices(SECRET_NAMES);

type FileOf = (state: string) => SecretFile;

async function runSet(
  name: SecretName,
  flags: StateFlags,
  { io }: CommandContext,
  fileOf: FileOf,
): Promise<void> {
  const state = stateOf(flags, io);
  const secret = await readSecret(name, io);
  await prepareState(state);
  const file = fileOf(state);
  await file.set(name, secret);
  writeReport(io, flags, {
    facts: () => ({ ok: true, name, file: file.path, error: null }),
    lines: () => [`The secret for ${name} is in ${file.path}`],
  });
}

async function readSecret(name: SecretName, { env, stdin, stderr }: CommandIO): Promise<string> {
  const variable = SECRET_VARIABLES[name];
  const given = env[variable] ?? '';
  if (given !== '') return given;
  if (!canAsk(stdin))
    throw new UsageError(`Set ${variable}, or run the command on a terminal to be asked for the secret`);
  const secret = await askHidden(stdin, stderr, `Secret for ${name}: `);
  if (secret === '') throw new UsageError('Nothing was entered');
  return secret;
}

async function runRemove(
  name: SecretName,
  flags: StateFlags,
  { io }: CommandContext,
  fileOf: FileOf,
): Promise<void> {
  const state = stateOf(flags, io);
  await requireOwn(state);
  const removed = await fileOf(state).remove(name);
  writeReport(io, flags, {
    facts: () => ({ ok: true, name, removed, error: null }),
    lines: () => [removed ? `The secret for ${name} was removed` : `There was no secret for ${name}`],
  });
}
