import { type Command, Option } from 'commander';
import type { AcmeManager, ManagerLogEntry, ManagerOptions, SetReport } from '../../../acme.js';
import { printable } from '../../../base/text/printable.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { interruptible } from '../../interrupt.js';
import { addKeyKindFlags, type KeyKindFlags } from '../../key-flags.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import { type CommandIO, type Style, styleFor } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';
import { addChallengeFlags, type ChallengeFlags, type Proofs, proofsOf } from './challenge-flags.js';
import { keptSet } from './keep.js';
import { acmeKeyOf } from './key-of.js';
import { addServerFlags, type ServerFlags, serverOf } from './server-flags.js';

interface GetFlags extends ServerFlags, ChallengeFlags, ChangeFlags, KeyKindFlags {
  readonly agreeTerms?: boolean;
  readonly email?: readonly string[];
  readonly eabKid?: string;
  readonly profile?: string;
  readonly preferProfile?: string;
  readonly preferredChain?: string;
  readonly privateNames?: boolean;
  readonly store: string;
  readonly keyProvider?: string;
  readonly keyReader?: readonly string[];
  readonly bindings?: 'not-iis' | 'all';
  readonly keep?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel acme get`. */
export function addGetCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('get')
    .summary('get a certificate, or renew it if it is time')
    .description(
      'Gets a certificate for names and puts it into a store with its key, which is made in Windows. If there is one already, ' +
        'it is renewed when it is time, and otherwise left alone. Names are proved by a server on port 80, unless --challenges, ' +
        '--webroot, --dns or --dns-persist is given; wildcards need one of the last two.\n' +
        'If it is interrupted, the same command goes on with the same order.',
    )
    .argument('<name...>', 'host names, wildcards and addresses that share the certificate')
    .option('--agree-terms', "agree to the server's terms, which the first certificate of an account needs")
    .option('--email <address...>', 'where the authority can reach you')
    .option('--eab-kid <id>', 'external account: its identifier. The key comes from SCHANNEL_EAB_KEY')
    .option('--profile <name>', 'profile that the certificate must have: tlsserver, shortlived')
    .option('--prefer-profile <name>', 'profile that it has if the server offers it')
    .option('--preferred-chain <name>', 'common name of the root, if the server has several chains')
    .option('--private-names', 'order names that public authorities do not certify, such as printer.local')
    .option('--store <name>', 'store for the certificate', 'CurrentUser\\MY')
    .option('--key-provider <name>', 'where to make the key: software, tpm, or the name of a provider')
    .option('--key-reader <account...>', 'accounts that may use a key of the machine: "NT SERVICE\\web"')
    .addOption(
      new Option(
        '--bindings <which>',
        'after each renewal, have bindings of http.sys show it, with or without those of IIS',
      ).choices(['not-iis', 'all']),
    )
    .option(
      '--keep',
      'add it to config.json of the state folder: "acme renew" and its task renew it from then on',
    )
    .option('--force', 'renew it now')
    .option('--json', 'print one JSON object');
  addChallengeFlags(addServerFlags(addKeyKindFlags(command)));
  addChangeFlags(command).action((names: readonly string[], flags: GetFlags) =>
    runGet(names, flags, context),
  );
}

async function runGet(names: readonly string[], flags: GetFlags, context: CommandContext): Promise<void> {
  const { acme, io, exit } = context;
  const proofs = proofsOf(context, flags);
  const options = await optionsOf(names, flags, proofs, context);
  // Checks the names and all options. Nobody is asked.
  const manager = acme.createAcmeManager(options);
  const kept = flags.keep === true ? await keptSet(options, flags, io) : null;
  const title = `a certificate for ${names.map((name) => printable(name)).join(', ')}`;
  if (/^LocalMachine/i.test(flags.store)) {
    await confirmChange(
      io,
      flags,
      `Get ${title}, and put it into ${flags.store} for all users of this machine?`,
    );
  }
  if (flags.dryRun === true) {
    const by = proofs.solvers.map(({ name }) => name);
    writeReport(io, flags, {
      facts: () => ({ ok: true, dryRun: true, names, directory: options.directory, by, error: null }),
      lines: () => [
        `would order ${title} from ${new URL(options.directory).host}, proved by ${by.join(', ')}`,
      ],
    });
    return;
  }
  if (flags.json !== true) manager.on('log', (entry) => io.stderr.write(`${lineOf(entry, io)}\n`));
  const report = await withProofs(proofs, () => check(manager, flags.force === true));
  if (report.error !== null) throw report.error;
  if (report.action === 'waiting') exit(EXIT_CODES.rateLimited);
  await kept?.write();
  writeReport(io, flags, { facts: () => factsOf(report), lines: (style) => linesOf(report, style) });
}

async function withProofs<Value>(proofs: Proofs, task: () => Promise<Value>): Promise<Value> {
  await proofs.open();
  try {
    return await task();
  } finally {
    await proofs.close();
  }
}

/** A person who types the command does not want to wait for the next attempt of the schedule. */
async function check(manager: AcmeManager, force: boolean): Promise<SetReport> {
  const { sets } = await interruptible((signal) => manager.check({ force, retry: true, signal }));
  const [report] = sets;
  if (report === undefined) throw new RangeError('there is no set to check');
  return report;
}

/** @throws {UsageError} */
async function optionsOf(
  names: readonly string[],
  flags: GetFlags,
  { solvers }: Proofs,
  { acme, binding, io }: CommandContext,
): Promise<ManagerOptions> {
  const { email = [], agreeTerms, profile, preferProfile, preferredChain, privateNames, store } = flags;
  const { bindings } = flags;
  const key = { ...acmeKeyOf(flags), readers: flags.keyReader };
  return {
    ...(await serverOf(acme, flags)),
    contact: email.map((address) => (address.includes(':') ? address : `mailto:${address}`)),
    termsOfServiceAgreed: agreeTerms === true,
    externalAccount: externalAccountOf(flags, io),
    certificates: [
      {
        ...{ names, challenge: solvers, store, profile, preferProfile, preferredChain, privateNames },
        ...{ key, bindings },
      },
    ],
    moveBindings: binding.moveBindings,
  };
}

function externalAccountOf({ eabKid }: GetFlags, { env }: CommandIO): ManagerOptions['externalAccount'] {
  if (eabKid === undefined) return undefined;
  const macKey = env['SCHANNEL_EAB_KEY'] ?? '';
  if (macKey === '') throw new UsageError('--eab-kid needs the key of the account: set SCHANNEL_EAB_KEY');
  return { kid: eabKid, macKey };
}

function lineOf({ level, text }: ManagerLogEntry, { stderr, env }: CommandIO): string {
  const style = styleFor(stderr, env);
  return level === 'warning' ? style.warn(printable(text, 1000)) : style.dim(printable(text, 1000));
}

const factsOf = (report: SetReport): object => {
  const { action, names, store, certificate, renewal, nextTry, hookFailure } = report;
  return {
    ok: action !== 'waiting',
    dryRun: false,
    action,
    names,
    store,
    certificate,
    renewal,
    nextTry,
    hookFailure,
    error: null,
  };
};

const WORDS: Readonly<Record<SetReport['action'], string>> = {
  issued: 'got',
  renewed: 'renewed',
  none: 'there is already',
  failed: 'failed',
  waiting: 'waiting',
};

function linesOf(
  { action, names, certificate, renewal, nextTry, lastFailure }: SetReport,
  style: Style,
): string[] {
  if (action === 'waiting') {
    return [
      style.warn(`The server accepts no more orders before ${nextTry?.toLocaleString() ?? 'a later time'}`),
      ...(lastFailure === null ? [] : [printable(lastFailure.text)]),
    ];
  }
  return [
    `${style.good(WORDS[action])} a certificate for ${names.join(', ')}`,
    ...formatRows(
      [
        ['certificate', certificate?.reference ?? null],
        ['valid until', certificate?.validTo.toISOString() ?? null],
        ['renewal', renewal?.at.toISOString() ?? null],
      ],
      style,
      '  ',
    ),
  ];
}
