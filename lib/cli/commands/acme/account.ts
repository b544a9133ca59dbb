import type { Command } from 'commander';
import type { KeyPlan, StoredAccount } from '../../../acme.js';
import { printable } from '../../../base/text/printable.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { interruptible } from '../../interrupt.js';
import { addKeyKindFlags, type KeyKindFlags } from '../../key-flags.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import { acmeKeyOf } from './key-of.js';
import { addServerFlags, type ChosenServer, type ServerFlags, serverOf } from './server-flags.js';

interface ShowFlags extends ServerFlags {
  readonly json?: boolean;
}

interface KeyFlags extends ShowFlags, ChangeFlags, KeyKindFlags {
  readonly keyProvider?: string;
}

/** Adds `schannel acme account` with its sub-commands. */
export function addAccountCommand(acme: Command, context: CommandContext): void {
  const account = acme
    .command('account')
    .summary('show or end the account at an ACME server, or change its key')
    .description(
      'Shows the account that the first certificate of an ACME server has registered, and changes it.',
    );
  addShowCommand(account, context);
  addKeyCommand(account, context);
  addDeactivateCommand(account, context);
  addForgetCommand(account, context);
}

function addShowCommand(account: Command, context: CommandContext): void {
  const command = account
    .command('show')
    .summary('show the account')
    .description(
      'Shows the address of the account, which CAA and dns-persist-01 records need, and where its key is.',
    )
    .option('--json', 'print one JSON object');
  addServerFlags(command).action((flags: ShowFlags) => runShow(flags, context));
}

async function runShow(flags: ShowFlags, context: CommandContext): Promise<void> {
  const server = await serverOf(context.acme, flags);
  const { account, facts } = await withAccount(server, context, async (found) => ({
    account: factsOf(found),
    facts: await found.facts(),
  }));
  writeReport(context.io, flags, {
    facts: () => ({ ok: true, directory: server.directory, ...account, ...facts, error: null }),
    lines: (style) =>
      formatRows(
        [
          ['account', account.url],
          ['server', server.directory],
          ['status', printable(facts.status)],
          ['contact', facts.contact.length === 0 ? null : printable(facts.contact.join(', '))],
          ['key', keyName(account.key)],
          ['file', account.file],
        ],
        style,
      ),
  });
}

function addKeyCommand(account: Command, context: CommandContext): void {
  const command = account
    .command('key')
    .summary('give the account a new key')
    .description(
      'Makes a new key for the account and deletes the old one. Certificates and records that name the account stay valid.',
    )
    .option('--key-provider <name>', 'where to make the key: software, tpm, or the name of a provider')
    .option('--json', 'print one JSON object');
  addChangeFlags(addServerFlags(addKeyKindFlags(command))).action((flags: KeyFlags) =>
    runKey(flags, context),
  );
}

async function runKey(flags: KeyFlags, context: CommandContext): Promise<void> {
  const key = acmeKeyOf(flags);
  await change(flags, context, {
    question: (url) => `Give ${url} a new key, and delete the old one?`,
    would: (url) => `would give ${url} a new key`,
    done: 'changed the key of',
    run: (account) => account.changeKey(key),
  });
}

function addDeactivateCommand(account: Command, context: CommandContext): void {
  const command = account
    .command('deactivate')
    .summary('end the account for good')
    .description(
      'Ends the account at the server, which can not be undone, and deletes its key. Its certificates stay valid. The next ' +
        'certificate registers a new account.',
    )
    .option('--json', 'print one JSON object');
  addChangeFlags(addServerFlags(command)).action((flags: ShowFlags & ChangeFlags) =>
    change(flags, context, {
      question: (url) => `End ${url} for good, and delete its key?`,
      would: (url) => `would end ${url}`,
      done: 'ended',
      run: async (account) => {
        await account.deactivate();
        return null;
      },
    }),
  );
}

function addForgetCommand(account: Command, context: CommandContext): void {
  const command = account
    .command('forget')
    .summary('forget an account whose key is gone')
    .description(
      'Forgets an account whose key is gone, after a TPM was cleared for example. The next certificate registers another one. An ' +
        'account that has its key is left alone.',
    )
    .option('--json', 'print one JSON object');
  addChangeFlags(addServerFlags(command)).action((flags: ShowFlags & ChangeFlags) =>
    runForget(flags, context),
  );
}

async function runForget(flags: ShowFlags & ChangeFlags, { acme, io }: CommandContext): Promise<void> {
  const { directory, state } = await serverOf(acme, flags);
  const isDryRun = flags.dryRun === true;
  await confirmChange(io, flags, `Forget the account at ${directory}, if its key is gone?`);
  const url = isDryRun
    ? null
    : printable(await interruptible((signal) => acme.forgetAccount({ directory, state, signal })), 2048);
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun: isDryRun, directory, url, error: null }),
    lines: (style) => [
      url === null ? `would forget the account at ${directory}` : `${style.good('forgot')} ${url}`,
    ],
  });
}

interface AccountChange {
  readonly question: (url: string) => string;
  readonly would: (url: string) => string;
  readonly done: string;
  /** @returns the new key */
  readonly run: (account: StoredAccount) => Promise<KeyPlan | null>;
}

async function change(
  flags: ShowFlags & ChangeFlags,
  context: CommandContext,
  { question, would, done, run }: AccountChange,
): Promise<void> {
  const { io } = context;
  const server = await serverOf(context.acme, flags);
  const isDryRun = flags.dryRun === true;
  const account = await withAccount(server, context, async (found) => {
    const facts = factsOf(found);
    await confirmChange(io, flags, question(facts.url));
    const key = isDryRun ? null : await run(found);
    return key === null ? facts : { ...facts, key };
  });
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun: isDryRun, directory: server.directory, ...account, error: null }),
    lines: (style) => [isDryRun ? would(account.url) : `${style.good(done)} ${account.url}`],
  });
}

const withAccount = <Value>(
  { directory, state, transport }: ChosenServer,
  { acme }: CommandContext,
  task: (account: StoredAccount) => Promise<Value>,
): Promise<Value> =>
  interruptible((signal) => acme.withStoredAccount({ directory, state, transport, signal }, task));

interface AccountFactsOf {
  readonly url: string;
  readonly key: KeyPlan;
  readonly file: string;
}

/** What is known without the server. The server gives the address. */
const factsOf = ({ url, key, file }: StoredAccount): AccountFactsOf => ({
  url: printable(url, 2048),
  key,
  file,
});

const keyName = ({ name, provider, machine }: KeyPlan): string =>
  [name, provider, machine === true ? 'of the machine' : null]
    .filter((part) => typeof part === 'string')
    .join(', ');
