import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { PrivateKey } from '../../../windows/key/private-key.js';
import type { KeyRights, RightsChange } from '../../../windows/key/rights.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatTable } from '../../table.js';
import type { Style } from '../../terminal.js';
import { displayName, entryFacts, type EntryFacts } from './entry-facts.js';
import { NAME_ARGUMENT, NAME_MEANING, withSelectedCertificate } from './selected-certificate.js';
import { addArchivedFlag, addStoreFlags, type StoreFlags } from './store-flags.js';

interface GrantFlags extends StoreFlags, ChangeFlags {
  readonly to: string;
  readonly full?: boolean;
}

interface RevokeFlags extends StoreFlags, ChangeFlags {
  readonly from: string;
}

const ACCOUNT = '"NETWORK SERVICE", "IIS AppPool\\name", "NT SERVICE\\name", DOMAIN\\name or S-1-…';

/** Adds `schannel cert rights`. */
export function addRightsCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('rights')
    .summary('show who may use the private key of a certificate')
    .description('Shows which accounts may use the private key of a certificate.')
    .argument(NAME_ARGUMENT, NAME_MEANING);
  addArchivedFlag(addStoreFlags(command)).action((name: string, flags: StoreFlags) =>
    withKey(context, name, flags, async ({ key, certificate, title }) => {
      const rights = await key.rights();
      writeReport(context.io, flags, {
        facts: () => ({ ok: true, certificate, rights, error: null }),
        lines: (style) => [style.bold(title), ...formatRights(rights, style)],
      });
    }),
  );
}

/** Adds `schannel cert grant`. */
export function addGrantCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('grant')
    .summary('let an account use the private key of a certificate')
    .description(
      'Lets an account, such as that of a service, use the private key of a certificate. The rights of others stay as they ' +
        'are. A key of the machine needs an administrator.',
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .requiredOption('--to <account>', ACCOUNT)
    .option('--full', 'also let it delete the key and change its rights');
  addChangeFlags(addArchivedFlag(addStoreFlags(command))).action((name: string, flags: GrantFlags) =>
    withKey(context, name, flags, async (opened) => {
      const access = flags.full === true ? 'full' : 'use';
      const planned = await opened.key.grant(flags.to, { access, dryRun: true });
      await changeRights(context, flags, opened, planned, () => opened.key.grant(flags.to, { access }));
    }),
  );
}

/** Adds `schannel cert revoke-grant`, the opposite of grant. */
export function addRevokeGrantCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('revoke-grant')
    .summary('no longer let an account use the private key')
    .description(
      'Takes away what was granted to an account itself. What it may do as a member of a group stays. SYSTEM, ' +
        'Administrators and the own account keep their rights.',
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .requiredOption('--from <account>', ACCOUNT);
  addChangeFlags(addArchivedFlag(addStoreFlags(command))).action((name: string, flags: RevokeFlags) =>
    withKey(context, name, flags, async (opened) => {
      const planned = await opened.key.revokeGrant(flags.from, { dryRun: true });
      await changeRights(context, flags, opened, planned, () => opened.key.revokeGrant(flags.from));
    }),
  );
}

interface OpenedKey {
  readonly key: PrivateKey;
  readonly certificate: EntryFacts;
  /** Printable. */
  readonly title: string;
}

const withKey = (
  context: CommandContext,
  name: string,
  flags: StoreFlags,
  use: (opened: OpenedKey) => Promise<void>,
): Promise<void> =>
  withSelectedCertificate(context, name, flags, async ({ entry }) => {
    const key = await entry.openPrivateKey({ silent: true });
    try {
      await use({
        key,
        certificate: entryFacts(entry),
        title: `${printable(displayName(entry))} (${entry.thumbprint})`,
      });
    } finally {
      await key.close();
    }
  });

/** Asks, makes the change unless this is a dry run, and reports it. */
async function changeRights(
  { io }: CommandContext,
  flags: StoreFlags & ChangeFlags,
  { key, certificate, title }: OpenedKey,
  planned: RightsChange,
  run: () => Promise<RightsChange>,
): Promise<void> {
  const dryRun = flags.dryRun === true;
  const { action, account } = planned;
  const who = printable(account.name === account.sid ? account.sid : `${account.name} (${account.sid})`);
  const notes = notesOn(planned, key.facts.machine);
  if (action !== 'none') {
    const question =
      action === 'granted'
        ? `Let ${who} use the private key of ${title}?`
        : `Take the private key of ${title} from ${who}?`;
    await confirmChange(io, flags, [...notes, question].join(' '));
  }
  const done = action === 'none' || dryRun ? planned : await run();
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun, certificate, notes, ...done, error: null }),
    lines: (style) => [
      summaryOf(action, dryRun, who, title, style),
      ...notes.map((note) => style.warn(note)),
      ...formatRights(done.after, style),
    ],
  });
}

function summaryOf(
  action: RightsChange['action'],
  dryRun: boolean,
  who: string,
  title: string,
  style: Style,
): string {
  if (action === 'none') return `nothing to change for ${who} at the private key of ${title}`;
  const verb = { granted: ['would let', 'let'], revoked: ['would stop', 'stopped'] }[action][dryRun ? 0 : 1];
  const what = action === 'granted' ? 'use' : 'using';
  return `${dryRun ? String(verb) : style.good(String(verb))} ${who} ${what} the private key of ${title}`;
}

/** Groups that nearly everyone is in: Everyone, Authenticated Users, Users, Guests, Anonymous, Interactive. */
const WIDE: readonly string[] = ['S-1-1-0', 'S-1-5-11', 'S-1-5-32-545', 'S-1-5-32-546', 'S-1-5-7', 'S-1-5-4'];

/** What a person should know before such a change. */
function notesOn({ action, account, mayUse }: RightsChange, machine: boolean): string[] {
  const notes: (string | null)[] = [
    account.known || action !== 'granted'
      ? null
      : 'Windows does not know this account yet, so a wrong spelling would not show.',
    action === 'granted' && WIDE.includes(account.sid)
      ? 'Nearly every account of this machine is in this group.'
      : null,
    action === 'granted' && !machine
      ? 'Other accounts do not find a key of this account. Services need a key of the machine (LocalMachine).'
      : null,
    action !== 'granted' && mayUse && account.known
      ? 'An entry that the key inherits still lets the account use it.'
      : null,
  ];
  return notes.filter((note) => note !== null);
}

function formatRights({ everyone, entries }: KeyRights, style: Style): string[] {
  if (everyone) return [style.bad('everyone may do everything: the key has no list of accounts')];
  return formatTable(
    ['ACCOUNT', 'MAY', 'FROM'],
    entries.map(({ account, kind, access, inherited, mask }) => [
      printable(account.name),
      `${kind === 'deny' ? 'not ' : ''}${access ?? `0x${mask.toString(16)}`}`,
      inherited ? 'folder' : 'key',
    ]),
    style,
  );
}
