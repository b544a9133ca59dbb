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
    .summary('check whether a certificate can be used for TLS')
    .description(
      'Checks whether a TLS client or server can use a certificate: its purposes, its validity, its private key and its ' +
        'chain. The key signs some data for that.\n' +
        `The exit code is ${EXIT_CODES.certificate} if it cannot be used. Warnings do not count.`,
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .addOption(new Option('--client', 'for a TLS client').conflicts('server'))
    .addOption(new Option('--server', 'for a TLS server').conflicts('client'));
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
        usable ? style.good(`can be used by a TLS ${role}`) : style.bad(`cannot be used by a TLS ${role}`),
      ],
    });
    if (!usable) exit(EXIT_CODES.certificate);
  });
}

/** @throws {UsageError} when neither is given */
function roleOf({ client, server }: CheckFlags): IdentityRole {
  if (client === true) return 'client';
  if (server === true) return 'server';
  throw new UsageError('Add --client or --server: what the certificate is for');
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
