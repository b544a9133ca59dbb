import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { KEY_ARGUMENT, KEY_MEANING } from './binding-rows.js';
import { CERTIFICATE_MEANING, certificateReference } from './certificate-argument.js';
import { addBindingFlags, type BindingFlags, makeChange } from './change-report.js';

interface ReplaceFlags extends BindingFlags {
  readonly from: string;
  readonly to: string;
}

/** Adds `schannel binding rm`. */
export function addBindingRemoveCommand(binding: Command, context: CommandContext): void {
  const command = binding
    .command('rm')
    .summary('remove a binding of http.sys')
    .description('Removes a binding. Its certificate stays in the store. Needs an administrator.')
    .argument(KEY_ARGUMENT, KEY_MEANING);
  addBindingFlags(command).action((key: string, flags: BindingFlags) =>
    makeChange(
      context,
      flags,
      async (options) => [await context.binding.removeBinding(key, options)],
      () => `Remove the binding ${key}?`,
    ),
  );
}

/** Adds `schannel binding replace`. */
export function addBindingReplaceCommand(binding: Command, context: CommandContext): void {
  const command = binding
    .command('replace')
    .summary('have all bindings of one certificate show another')
    .description(
      'Has every binding with one certificate show another, after a renewal. All other settings stay. Either all of them are changed, or none. Needs an administrator.',
    )
    .requiredOption('--from <sha1>', 'thumbprint of the old certificate, which need not exist any more')
    .requiredOption('--to <certificate>', CERTIFICATE_MEANING);
  addBindingFlags(command).action(async (flags: ReplaceFlags) => {
    const to = await certificateReference(context, flags.to);
    await makeChange(
      context,
      flags,
      (options) => context.binding.replaceCertificate(flags.from, to, options),
      ({ length }) => `Replace the certificate of ${length === 1 ? '1 binding' : `${length} bindings`}?`,
    );
  });
}
