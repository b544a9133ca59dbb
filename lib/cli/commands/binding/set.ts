import { type Command, Option } from 'commander';
import type { BindingRevocation, BindingSettings } from '../../../binding.js';
import type { CommandContext } from '../../command-context.js';
import { UsageError } from '../../usage-error.js';
import { KEY_ARGUMENT, KEY_MEANING } from './binding-rows.js';
import { CERTIFICATE_MEANING, certificateReference } from './certificate-argument.js';
import { addBindingFlags, type BindingFlags, makeChange } from './change-report.js';

interface SetFlags extends BindingFlags {
  readonly certificate?: string;
  readonly clientCertificates?: boolean;
  readonly revocation?: BindingRevocation;
  readonly legacyTls?: boolean;
  readonly tls13?: boolean;
  readonly http2?: boolean;
  readonly appId?: string;
}

const SETTINGS = ['clientCertificates', 'revocation', 'legacyTls', 'tls13', 'http2', 'appId'] as const;

/** Adds `schannel binding set`. */
export function addBindingSetCommand(binding: Command, context: CommandContext): void {
  const command = binding
    .command('set')
    .summary('make or change a binding of http.sys')
    .description(
      'Makes a binding, or changes one. What is not named stays as it is. The certificate is checked first, and the result is read back. Needs an administrator.',
    )
    .argument(KEY_ARGUMENT, KEY_MEANING)
    .option('--certificate <certificate>', CERTIFICATE_MEANING)
    .option('--client-certificates', 'ask clients for a certificate in the first handshake')
    .option('--no-client-certificates', 'do not')
    .addOption(
      new Option('--revocation <mode>', 'how client certificates are checked for revocation').choices([
        'on',
        'cached',
        'off',
      ]),
    )
    .option('--legacy-tls', 'permit TLS 1.0 and 1.1 and weak cipher suites, if Windows does')
    .option('--no-legacy-tls', 'permit only TLS 1.2 and newer, without CBC and RSA key exchange')
    .option('--tls13', 'permit TLS 1.3')
    .option('--no-tls13', 'do not')
    .option('--http2', 'permit HTTP/2')
    .option('--no-http2', 'do not')
    .option('--app-id <guid>', 'whose a new binding is');
  addBindingFlags(command).action((key: string, flags: SetFlags) => runSet(key, flags, context));
}

async function runSet(key: string, flags: SetFlags, context: CommandContext): Promise<void> {
  const wanted: Partial<BindingSettings> = Object.fromEntries(
    SETTINGS.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]),
  );
  const isCentral = /^ccs:/i.test(key);
  if (flags.certificate === undefined && Object.keys(wanted).length === 0 && !isCentral) {
    throw new UsageError('Say what the binding should have: --certificate, or another option');
  }
  const settings: BindingSettings = {
    key,
    ...wanted,
    ...(flags.certificate === undefined
      ? {}
      : { certificate: await certificateReference(context, flags.certificate) }),
  };
  await makeChange(
    context,
    flags,
    async (options) => [await context.binding.setBinding(settings, options)],
    ([change]) => `${change?.before === null ? 'Make' : 'Change'} the binding ${change?.key ?? key}?`,
  );
}
