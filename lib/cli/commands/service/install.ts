import path from 'node:path';
import { type Command, Option } from 'commander';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import type { PrivateKey } from '../../../windows/key/private-key.js';
import type { RightsChange } from '../../../windows/key/rights.js';
import { virtualAccountOf } from '../../../windows/service/account.js';
import { createLogFolder, removeLogFolder } from '../../../windows/service/log-folder.js';
import type { InstallServiceOptions } from '../../../windows/service/install.js';
import { parseStoreName } from '../../../windows/store/store-name.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import type { NeededCertificate } from '../../lifecycle.js';
import { writeReport } from '../../report.js';
import { rehearse } from './rehearsal.js';

interface InstallFlags extends ChangeFlags {
  readonly account: string;
  readonly start: 'auto' | 'delayed' | 'demand';
  readonly depend?: readonly string[];
  readonly displayName?: string;
  readonly description?: string;
  /** False with --no-restart. */
  readonly restart: boolean;
  readonly json?: boolean;
}

interface RemoveFlags extends ChangeFlags {
  readonly json?: boolean;
}

/** Over what the command needs for its end. */
const MARGIN_MS = 5_000;

/** Adds `schannel service install`. */
export function addInstallCommand(service: Command, context: CommandContext): void {
  const command = service
    .command('install')
    .summary('have Windows run a command')
    .description(
      'Installs a service that runs "schannel tunnel" or "schannel web serve", with everything that stands after "--". Its account ' +
        'gets the right to use the private keys of the certificates that the command names. Needs an administrator.',
    )
    .argument('<name>', 'name of the service')
    .argument('<command...>', 'after --: the command with its options')
    .option(
      '--account <account>',
      'virtual (NT SERVICE\\name), LocalService, NetworkService, LocalSystem or DOMAIN\\name$',
      'virtual',
    )
    .addOption(
      new Option('--start <when>', 'with Windows, two minutes later, or by hand')
        .choices(['auto', 'delayed', 'demand'])
        .default('auto'),
    )
    .option('--depend <service...>', 'services that start before it')
    .option('--display-name <text>', 'the name that people see')
    .option('--description <text>', 'what it is for')
    .option('--no-restart', 'leave it stopped when it has failed')
    .option('--json', 'write one JSON object to standard output');
  addChangeFlags(command).action((name: string, args: readonly string[], flags: InstallFlags) =>
    runInstall(name, args, flags, context),
  );
}

/** Adds `schannel service remove`. */
export function addRemoveCommand(service: Command, context: CommandContext): void {
  const command = service
    .command('remove')
    .summary('stop a service, and remove it')
    .description('Stops a service and removes it, with its logs. Rights to private keys stay.')
    .argument('<name>', 'name of the service')
    .option('--json', 'write one JSON object to standard output');
  addChangeFlags(command).action((name: string, flags: RemoveFlags) => runRemove(name, flags, context));
}

async function runInstall(
  name: string,
  command: readonly string[],
  flags: InstallFlags,
  context: CommandContext,
): Promise<void> {
  const { io, service } = context;
  const { args, needs } = await rehearse(context, command);
  const stopsWithin = needs.stopsWithin + MARGIN_MS;
  const script = path.resolve(process.argv[1] ?? '');
  const options: InstallServiceOptions = {
    ...{ name, displayName: flags.displayName, description: flags.description ?? describe(command) },
    ...{ account: flags.account, start: flags.start, dependencies: flags.depend },
    args: [script, 'service', 'run', name, '--stops-within', String(stopsWithin), '--', ...args],
    files: needs.files.map((file) => path.resolve(file)),
    stopsWithin,
    ...(!flags.restart && { restartAfter: [] }),
  };
  const keys = await neededKeys(needs.certificates, name, context);
  const { command: line, account } = await service.checkInstallService(options);
  const notes = notesOn(
    account,
    [process.execPath, script, ...needs.files],
    needs.changesStores === true,
    flags,
  );
  for (const note of notes) io.stderr.write(`${note}\n`);
  await confirmChange(io, flags, `Install the service ${name}, which runs as ${shown(account)}?`);
  if (flags.dryRun !== true) await install(options, keys, context);
  writeReport(io, flags, {
    facts: () => ({
      ...{ ok: true, dryRun: flags.dryRun === true, name, account: shown(account), command: line },
      ...{ keys: keys.map(({ reference }) => reference), notes, error: null },
    }),
    lines: () => [
      `${flags.dryRun === true ? 'would install' : 'installed'} the service ${name}, which runs as ${shown(account)}:`,
      `  ${printable(line, 1000)}`,
      ...keys.map(({ reference }) => `  may use the private key of ${printable(reference)}`),
      ...(flags.dryRun === true ? [] : [`start it: schannel service start ${name}`]),
    ],
  });
}

const shown = (account: string): string => (account === '' ? 'LocalSystem' : account);

const describe = (command: readonly string[]): string => `schannel ${command.join(' ')}`.slice(0, 200);

function notesOn(
  account: string,
  files: readonly string[],
  changesStores: boolean,
  { start, account: given }: InstallFlags,
): string[] {
  const ofUser = files.find((file) => /^[a-z]:\\users\\(?!public\\)/i.test(file));
  const notes: (string | null)[] = [
    ofUser !== undefined && account !== ''
      ? `${printable(ofUser)} is in the profile of a user, which ${account} can't read. Put it where all users can read, such as ` +
        'C:\\Program Files.'
      : null,
    account === '' ? 'LocalSystem may do anything on this machine. The virtual account is safer.' : null,
    changesStores && account !== ''
      ? `The command adds certificates to its store when there is none, and ${account} may not do that in a store of the machine. ` +
        'Have another task get them ("schannel acme task install"), or use --account LocalSystem.'
      : null,
    start === 'auto' && given.endsWith('$')
      ? 'A managed account needs a domain controller, which may not be there yet when Windows starts: consider --start delayed.'
      : null,
  ];
  return notes.filter((note) => note !== null);
}

/** All or nothing: what was made is removed if a later step fails. */
async function install(
  options: InstallServiceOptions,
  keys: readonly NeededKey[],
  { io, service }: CommandContext,
): Promise<void> {
  const { name } = options;
  await service.installService(options);
  const undo: (() => Promise<unknown>)[] = [
    () => service.removeService(name),
    () => removeLogFolder(name, io.env),
  ];
  try {
    await createLogFolder(name, io.env);
    for (const { grant, revoke } of keys) {
      const { action } = await grant();
      if (action === 'granted') undo.push(revoke);
    }
  } catch (error) {
    // Windows knows the account of a service as long as there is the service.
    for (const step of undo.reverse()) {
      await step().catch((failure: unknown) => {
        io.stderr.write(`Not everything could be undone: ${printable(toError(failure).message)}\n`);
      });
    }
    throw error;
  }
}

interface NeededKey {
  /** 'LocalMachine\\MY\\AB12…' */
  readonly reference: string;
  readonly grant: () => Promise<Pick<RightsChange, 'action'>>;
  readonly revoke: () => Promise<unknown>;
}

/**
 * The keys of the certificates that a command would find, as the account of the service sees the stores.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_CERTIFICATE
 */
async function neededKeys(
  needed: readonly NeededCertificate[],
  name: string,
  { certificates }: CommandContext,
): Promise<NeededKey[]> {
  const keys = new Map<string, NeededKey>();
  for (const { search, required } of needed) {
    const { store = 'CurrentUser\\MY', ...query } = search;
    const { location, path: storePath } = parseStoreName(store);
    if (location.startsWith('CurrentUser')) throw ofUser(storePath);
    const opened = await certificates.openStore(storePath, { readOnly: true });
    try {
      const found = await opened.find({ ...query, hasPrivateKey: true });
      if (found.length === 0 && required) throw missing(storePath);
      for (const { thumbprint } of found) {
        const reference = `${storePath}\\${thumbprint}`;
        const key = { storePath, thumbprint };
        const account = virtualAccountOf(name);
        keys.set(reference, {
          reference,
          grant: () => withKey(certificates, key, (its) => its.grant(account, { access: 'use' })),
          revoke: () => withKey(certificates, key, (its) => its.revokeGrant(account)),
        });
      }
    } finally {
      opened.close();
    }
  }
  return [...keys.values()];
}

/** What `work` has changed in the rights to a key; nothing if the certificate is gone. */
async function withKey(
  certificates: CommandContext['certificates'],
  { storePath, thumbprint }: { readonly storePath: string; readonly thumbprint: string },
  work: (key: PrivateKey) => Promise<RightsChange>,
): Promise<Pick<RightsChange, 'action'>> {
  const store = await certificates.openStore(storePath, { readOnly: true });
  try {
    const [entry] = await store.find({ thumbprint });
    if (entry === undefined) return { action: 'none' };
    const key = await entry.openPrivateKey({ silent: true });
    try {
      return await work(key);
    } finally {
      await key.close();
    }
  } finally {
    store.close();
  }
}

const ofUser = (store: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_SERVICE_CERTIFICATE',
    `${printable(store)} is another store for each account, so the service would not find your certificate`,
    {
      phase: 'service',
      advice: 'Import it with its key into LocalMachine\\MY, and name this store: --store LocalMachine\\MY.',
    },
  );

const missing = (store: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_SERVICE_CERTIFICATE',
    `${printable(store)} has no certificate with a private key that matches the command`,
    { phase: 'service', advice: 'See what is there: schannel cert ls --store LocalMachine\\MY' },
  );

async function runRemove(name: string, flags: RemoveFlags, { io, service }: CommandContext): Promise<void> {
  const { state } = await service.serviceStatus(name);
  await confirmChange(io, flags, `Remove the service ${name}, which is ${state}, and its logs?`);
  if (flags.dryRun !== true) {
    await service.removeService(name);
    await removeLogFolder(name, io.env);
  }
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun: flags.dryRun === true, name, error: null }),
    lines: () => [`${flags.dryRun === true ? 'would remove' : 'removed'} the service ${name}`],
  });
}
