import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { printable } from '../../../base/text/printable.js';
import { errorFacts } from '../../describe-error.js';
import { writeReport } from '../../report.js';
import { formatRows, type Row } from '../../table.js';
import type { Style } from '../../terminal.js';
import { describeValidity, markUrgency } from '../../../base/text/validity.js';
import { displayName, entryFacts, type EntryFacts } from './entry-facts.js';
import type { Certificate, KeyInspection } from '../../../windows/store/certificate.js';
import { NAME_ARGUMENT, NAME_MEANING, withSelectedCertificate } from './selected-certificate.js';
import { addArchivedFlag, addStoreFlags, type StoreFlags } from './store-flags.js';

interface ShowFlags extends StoreFlags {
  readonly pem?: boolean;
}

/** Adds `schannel cert show`. */
export function addShowCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('show')
    .summary('show a certificate and its key')
    .description('Shows the contents of a certificate, and whether this account can use its private key.')
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .option('--pem', 'print the certificate as PEM');
  addArchivedFlag(addStoreFlags(command)).action((name: string, flags: ShowFlags) =>
    runShow(name, flags, context),
  );
}

async function runShow(name: string, flags: ShowFlags, context: CommandContext): Promise<void> {
  await withSelectedCertificate(context, name, flags, async ({ entry }) => {
    if (flags.pem === true && flags.json !== true) {
      context.io.stdout.write(entry.pem);
      return;
    }
    const facts = entryFacts(entry);
    const key = await entry.inspectKey();
    writeReport(context.io, flags, {
      facts: () => ({
        ok: true,
        certificate: { ...facts, key: keyFacts(key), ...(flags.pem === true ? { pem: entry.pem } : {}) },
        error: null,
      }),
      lines: (style) => [style.bold(printable(displayName(entry))), ...formatEntry(entry, facts, key, style)],
    });
  });
}

/** An error has properties that JSON would leave out. */
const keyFacts = (key: KeyInspection | null): object | null =>
  key === null || key.usable ? key : { usable: false, error: errorFacts(key.error) };

function formatEntry(
  entry: Certificate,
  facts: EntryFacts,
  key: KeyInspection | null,
  style: Style,
): string[] {
  const span = { from: entry.validFrom.getTime(), to: entry.validTo.getTime() };
  const now = Date.now();
  const names = [...facts.dnsNames, ...facts.ipAddresses, ...facts.emailAddresses];
  const rows: Row[] = [
    ['certificate', facts.reference],
    ['friendly name', facts.friendlyName],
    ['subject', facts.subject],
    ['issuer', facts.isSelfSigned ? 'itself' : facts.issuer],
    ['names', list(names)],
    ['valid', markUrgency(describeValidity(span, now), span, now, style)],
    ['public key', facts.publicKey],
    ['purposes', facts.extendedKeyUsage === null ? 'any' : (list(facts.extendedKeyUsage) ?? 'none')],
    ['key may', facts.keyUsage === null ? null : list(facts.keyUsage)],
    ['authority', facts.isAuthority ? 'yes' : null],
    ['template', facts.template],
    ['archived', facts.archived ? 'yes' : null],
    ['serial', facts.serialNumber],
    ['SHA-1', facts.thumbprint],
    ['SHA-256', facts.fingerprint256],
    ['private key', describePrivateKey(key, style)],
  ];
  return formatRows(
    rows.map(([label, value]) => [
      label,
      label === 'valid' || label === 'private key' ? value : clean(value),
    ]),
    style,
  );
}

const list = (values: readonly string[]): string | null => (values.length === 0 ? null : values.join(', '));

const clean = (value: string | null): string | null => (value === null ? null : printable(value));

function describePrivateKey(key: KeyInspection | null, style: Style): string {
  if (key === null) return 'none';
  if (!key.usable) return style.bad(`cannot be used: ${printable(key.error.message)}`);
  const parts = [
    key.provider ?? key.api.toUpperCase(),
    key.hardware === true ? 'in hardware' : null,
    key.machine ? 'of the machine' : 'of this account',
    EXPORTABLE[key.exportable ?? 'unknown'],
  ];
  return printable(parts.filter((part) => part !== null).join(', '));
}

const EXPORTABLE = {
  yes: 'exportable',
  encrypted: 'exportable if encrypted',
  no: 'not exportable',
  unknown: null,
} as const;
