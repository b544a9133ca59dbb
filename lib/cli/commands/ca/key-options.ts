import { Option, type Command } from 'commander';
import type { AuthorityKeyOptions } from '../../../pki.js';
import { addKeyKindFlags, keyKindOf, type KeyKindFlags } from '../../key-flags.js';
import { readNewPassword } from '../../password.js';
import type { CommandIO } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';

/** The options for the key of a new authority. */
export interface NewKeyFlags extends KeyKindFlags {
  readonly key: 'windows' | 'file';
  readonly keyFile?: string;
  readonly provider?: string;
  readonly machine?: boolean;
}

export const addNewKeyFlags = (command: Command): Command =>
  addKeyKindFlags(
    command
      .addOption(
        new Option('--key <where>', 'where the key is kept: in Windows, or in a file with a passphrase')
          .choices(['windows', 'file'])
          .default(process.platform === 'win32' ? 'windows' : 'file', 'windows, on other systems file'),
      )
      .option('--key-file <file>', 'with --key file: another file than ca.key in the folder')
      .option('--provider <name>', 'with --key windows: software, tpm, or the name of a provider')
      .option('--machine', 'with --key windows: the key belongs to the machine'),
    { bits: 3072, curve: 'P-384' },
  );

/** The key of a new authority. Asks for the passphrase of a file. @throws {UsageError} */
export async function newKeyOptions(
  flags: NewKeyFlags,
  folder: string,
  io: CommandIO,
): Promise<AuthorityKeyOptions> {
  const kind = keyKindOf(flags);
  const { key, keyFile, provider, machine } = flags;
  if (key === 'windows') {
    if (keyFile !== undefined) throw new UsageError('--key-file needs --key file');
    return { windows: { ...kind, provider, machine } };
  }
  if (provider !== undefined || machine !== undefined)
    throw new UsageError('--provider and --machine need --key windows');
  const passphrase = await readNewPassword(io, {
    of: folder,
    neededBy: 'The key of the authority',
    variable: 'SCHANNEL_CA_PASSWORD',
  });
  return { ...kind, passphrase, file: keyFile };
}
