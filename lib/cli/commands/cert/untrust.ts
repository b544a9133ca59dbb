import type { Command } from 'commander';
import { addChangeFlags, type ChangeFlags } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { certificateInFile, isFile } from './file-certificate.js';
import { removeNamed } from './rm.js';
import { addStoreFlags, type StoreFlags } from './store-flags.js';

/** Adds `schannel cert untrust`, the opposite of trust. */
export function addUntrustCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('untrust')
    .summary('make Windows trust a root no longer')
    .description(
      'Removes a certificate from the roots that Windows trusts. What it has signed is not trusted then.',
    )
    .argument(
      '<file|certificate>',
      'PEM, DER or P7B file, or a certificate of the store, by any of its names',
    );
  addChangeFlags(addStoreFlags(command, 'Root')).action(
    async (argument: string, flags: StoreFlags & ChangeFlags) => {
      const name = isFile(argument) ? (await certificateInFile(argument)).thumbprint256 : argument;
      await removeNamed(name, flags, context, 'Root');
    },
  );
}
