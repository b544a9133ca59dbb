import type { Command } from 'commander';
import { Option } from 'commander';
import type { Finding, IdentityRole } from '../../../tls/identity/preflight/finding.js';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import type { Style } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';
import { displayName, entryFacts } from './entry-facts.js';
import { NAME_ARGUMENT, NAME_MEANING, withSelectedCertificate } from './selected-certificate.js';
import { addArchivedFlag, addStoreFlags, type StoreFlags } from './store-flags.js';

interface CheckFlags extends StoreFlags {
  readonly client?: boolean;
  readonly server?: boolean;
}

/** Adds `schannel cert check`. */
export function addCheckCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('check')
    .summary('say whether a certificate will do for TLS')
    .description(
      'Says what keeps a certificate from being the identity of a TLS client or server: its purposes, its time, its ' +
        'key, its chain. The key makes a signature for that.\n' +
        `Ends with ${EXIT_CODES.certificate} when the certificate will not do; warnings alone are no failure.`,
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .addOption(new Option('--client', 'as a client').conflicts('server'))
    .addOption(new Option('--server', 'as a server').conflicts('client'));
  addArchivedFlag(addStoreFlags(command)).action((name: string, flags: CheckFlags) =>
    runCheck(name, flags, context),
  );
}

async function runCheck(name: string, flags: CheckFlags, context: CommandContext): Promise<void> {
  const { certificates, io, exit } = context;
  const role = roleOf(flags);
  await withSelectedCertificate(context, name, flags, async ({ entry }) => {
    const { usable, findings } = await certificates.preflight(entry, role);
    writeReport(io, flags, {
      facts: () => ({ ok: usable, role, certificate: entryFacts(entry), findings, error: null }),
      lines: (style) => [
        `${style.bold(printable(displayName(entry)))} (${entry.thumbprint})`,
        ...formatFindings(findings, style),
        usable ? style.good(`will do for a TLS ${role}`) : style.bad(`will not do for a TLS ${role}`),
      ],
    });
    if (!usable) exit(EXIT_CODES.certificate);
  });
}

/** @throws {UsageError} when none is given */
function roleOf({ client, server }: CheckFlags): IdentityRole {
  if (client === true) return 'client';
  if (server === true) return 'server';
  throw new UsageError('Say what the certificate is for: --client or --server');
}

const formatFindings = (findings: readonly Finding[], style: Style): string[] =>
  findings.flatMap(({ severity, code, meaning, remedy }) => [
    `${severity === 'error' ? style.bad('error') : style.warn('warning')} ${printable(meaning)}`,
    ...formatRows(
      [
        ['code', code],
        ['advice', printable(remedy)],
      ],
      style,
      '  ',
    ),
  ]);
