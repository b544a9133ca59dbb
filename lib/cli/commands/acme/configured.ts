import path from 'node:path';
import type { Command } from 'commander';
import { configFile, readConfig } from '../../../apps/acme/config/config.js';
import { managerOptions, secretsOf, type SecretSource } from '../../../apps/acme/config/manager-options.js';
import { SecretFile } from '../../../apps/acme/config/secret-file.js';
import type { ManagerOptions } from '../../../apps/acme/manager/options.js';
import { defaultState, requireOwn } from '../../../apps/acme/manager/state-folder.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import type { CommandContext } from '../../command-context.js';
import type { CommandIO } from '../../terminal.js';

/** The flags of all commands that work with the certificates of this machine. */
export interface StateFlags {
  readonly state?: string;
  readonly json?: boolean;
}

export const addStateFlags = (command: Command): Command =>
  command
    .option(
      '--state <folder>',
      'folder with config.json and the state (default: %ProgramData%\\schannel\\acme)',
    )
    .option('--json', 'write one JSON object to standard output');

export const stateOf = ({ state }: StateFlags, { env }: Pick<CommandIO, 'env'>): string =>
  path.resolve(state ?? defaultState(env));

/**
 * What the file of the state folder says, with secrets of the environment or of the folder.
 *
 * @param secrets 'unused' for a command that asks nobody: who looks need not know them
 * @throws SchannelError ERR_SCHANNEL_ACME_CONFIG, ERR_SCHANNEL_ACME_STATE, ERR_SCHANNEL_SECRET_FOREIGN
 */
export async function configuredOptions(
  flags: StateFlags,
  { io, binding }: Pick<CommandContext, 'io' | 'binding'>,
  secrets: 'needed' | 'unused' = 'needed',
): Promise<ManagerOptions> {
  const state = stateOf(flags, io);
  // It says which programs run.
  await requireOwn(state);
  const file = configFile(state);
  const config = await readConfig(file);
  if (config !== null) {
    const source = secrets === 'unused' ? () => UNUSED : await secretsIn(state, io);
    return managerOptions(config, { state, secrets: source, moveBindings: binding.moveBindings });
  }
  throw new SchannelError('ERR_SCHANNEL_ACME_CONFIG', `There is no file ${file}`, {
    advice:
      'Write one that says which certificates there are (docs/cli.md), or name another folder with --state.',
  });
}

/** Base64, which some secrets have to be. */
const UNUSED = Buffer.from('unused').toString('base64');

/** Those of the environment count more. */
async function secretsIn(state: string, { env }: Pick<CommandIO, 'env'>): Promise<SecretSource> {
  const given = secretsOf(env);
  const kept = await new SecretFile(state).open();
  return (name) => given(name) ?? kept(name);
}
