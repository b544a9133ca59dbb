import type { Command } from 'commander';
import type { ChallengeClient, ChallengeClientFile } from '../../../acme.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatTable } from '../../table.js';
import { UsageError } from '../../usage-error.js';
import { clientsIn, SERVER_FOLDER_ARGUMENT, SERVER_FOLDER_MEANING } from './challenge-files.js';

interface AddFlags {
  readonly names?: readonly string[];
  readonly hosts?: readonly string[];
  readonly publicAddresses?: boolean;
  readonly networks?: readonly string[];
  readonly certificate?: string;
  readonly subdomain?: string;
  readonly json?: boolean;
}

/** Adds `schannel acme challenge-client` with its sub-commands. */
export function addChallengeClientCommand(acme: Command, context: CommandContext): void {
  const client = acme
    .command('challenge-client')
    .summary('manage the clients of a challenge server')
    .description(
      'Manages who may have a challenge server change records. A running server sees each change.',
    );
  client
    .command('add')
    .summary('add a client, and show its secret once')
    .description('Adds a client. Its secret is shown once, and only its hash is kept.')
    .argument(SERVER_FOLDER_ARGUMENT, SERVER_FOLDER_MEANING)
    .argument('<name>', "what it gives as its user: letters, digits and '._@-'")
    .option(
      '--names <name...>',
      'names that it may get certificates for: bar.example, *.bar.example, .bar.example',
    )
    .option('--hosts <name...>', 'hosts whose address it may set, in the same form')
    .option('--public-addresses', 'these hosts may have any address, not only private ones')
    .option('--networks <network...>', 'where it must come from: 10.0.0.0/8')
    .option('--certificate <name>', 'DNS name in a certificate that it must show, or its SHA-256')
    .option('--subdomain <label>', 'its record below --zone of the server')
    .option('--json', 'print one JSON object')
    .action((folder: string, name: string, flags: AddFlags) => runAdd(folder, name, flags, context));
  client
    .command('ls')
    .summary('list the clients')
    .description('Lists the clients and what they may do.')
    .argument(SERVER_FOLDER_ARGUMENT, SERVER_FOLDER_MEANING)
    .option('--json', 'print one JSON object')
    .action((folder: string, flags: { readonly json?: boolean }) => runList(folder, flags, context));
  addChangeFlags(
    client
      .command('rm')
      .summary('remove a client')
      .description('Removes a client. What it has added is removed by the server after an hour.')
      .argument(SERVER_FOLDER_ARGUMENT, SERVER_FOLDER_MEANING)
      .argument('<name>', 'name of the client'),
  )
    .option('--json', 'print one JSON object')
    .action((folder: string, name: string, flags: RemoveFlags) => runRemove(folder, name, flags, context));
}

type RemoveFlags = ChangeFlags & { readonly json?: boolean };

const fileOf = ({ acme }: CommandContext, folder: string): ChallengeClientFile =>
  new acme.ChallengeClientFile(clientsIn(folder));

async function runAdd(folder: string, name: string, flags: AddFlags, context: CommandContext): Promise<void> {
  const { names, hosts, publicAddresses, networks, certificate, subdomain, json } = flags;
  if (names === undefined && hosts === undefined && subdomain === undefined)
    throw new UsageError('The client could do nothing: give --names, --hosts or --subdomain');
  const { secret, hash } = await context.acme.newChallengeSecret();
  const client = { name, secret: hash, names, hosts, publicAddresses, networks, certificate, subdomain };
  await fileOf(context, folder).add(client);
  writeReport(
    context.io,
    { json: json === true },
    {
      facts: () => ({ ok: true, client: factsOf(client), secret }),
      lines: (style) => [
        `${style.good('added')} ${name}`,
        `secret  ${style.bold(secret)}`,
        'It is not shown again: give it to the client now.',
      ],
    },
  );
}

/** All but the hash. */
const factsOf = ({ secret: _, ...rest }: ChallengeClient): object => rest;

async function runList(
  folder: string,
  flags: { readonly json?: boolean },
  context: CommandContext,
): Promise<void> {
  const clients = await fileOf(context, folder).list();
  writeReport(context.io, flags, {
    facts: () => ({ ok: true, clients: clients.map(factsOf) }),
    lines: (style) =>
      clients.length === 0
        ? ['There is no client']
        : formatTable(['NAME', 'NAMES', 'HOSTS', 'FROM', 'CERTIFICATE', 'RECORD'], clients.map(rowOf), style),
  });
}

const rowOf = ({ name, names, hosts, networks, certificate, subdomain }: ChallengeClient): string[] => [
  name,
  names?.join(' ') ?? '-',
  hosts?.join(' ') ?? '-',
  networks?.join(' ') ?? 'anywhere',
  certificate ?? '-',
  subdomain ?? '-',
];

async function runRemove(
  folder: string,
  name: string,
  flags: RemoveFlags,
  context: CommandContext,
): Promise<void> {
  const file = fileOf(context, folder);
  if ((await file.find(name)) === null) throw new UsageError(`There is no client ${name}`);
  await confirmChange(context.io, flags, `Remove the client ${name}?`);
  if (flags.dryRun !== true) await file.remove(name);
  writeReport(context.io, flags, {
    facts: () => ({ ok: true, removed: name, dryRun: flags.dryRun === true }),
    lines: (style) => [flags.dryRun === true ? `would remove ${name}` : `${style.good('removed')} ${name}`],
  });
}
