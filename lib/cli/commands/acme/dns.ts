import { randomBytes } from 'node:crypto';
import { InvalidArgumentError, type Command } from 'commander';
import type { ChallengeTask } from '../../../acme.js';
import type { CommandContext } from '../../command-context.js';
import { seconds } from '../../arguments.js';
import { printable } from '../../../base/text/printable.js';
import { canonicalAddress } from '../../../formats/x509/ip-address.js';
import { interruptible } from '../../interrupt.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import { UsageError } from '../../usage-error.js';
import { addDnsProviderFlags, type DnsProviderFlags, dnsProviderOf } from './dns-provider.js';

/** Adds `schannel acme dns` with its sub-commands. */
export function addDnsCommand(acme: Command, context: CommandContext): void {
  const dns = acme
    .command('dns')
    .summary('check and change the DNS records of certificates')
    .description(
      'Checks whether DNS records for certificates can be changed, and makes those that a person needs.',
    );
  addCheckCommand(dns, context);
  addAddCommand(dns, context);
  addPersistCommand(dns, context);
}

interface CheckFlags extends DnsProviderFlags {
  readonly patience: number;
  readonly resolver?: readonly string[];
  readonly json?: boolean;
}

function addCheckCommand(dns: Command, context: CommandContext): void {
  const command = dns
    .command('check')
    .summary('add a value, look for it, and remove it')
    .description(
      'Does what an order does: follows CNAME records, adds a random value, waits until the name servers show it, and removes ' +
        'it. No authority is asked.',
    )
    .argument('<name>', 'name for which a certificate will be ordered')
    .option('--patience <seconds>', 'most time to wait for the name servers', seconds, 120)
    .option('--resolver <address...>', "DNS servers to ask for CNAME, SOA and NS (default: the system's)")
    .option('--json', 'print one JSON object');
  addDnsProviderFlags(command).action((name: string, flags: CheckFlags) => runCheck(name, flags, context));
}

async function runCheck(name: string, flags: CheckFlags, { acme, io }: CommandContext): Promise<void> {
  const provider = dnsProviderOf(acme, flags, io);
  const { patience, resolver: servers } = flags;
  const solver = acme.dnsRecords(provider, { patience, servers, followAliases: flags.dns !== 'acme-dns' });
  const steps: string[] = [];
  const log = (text: string): void => {
    steps.push(text);
    if (flags.json !== true) io.stdout.write(`${printable(text)}\n`);
  };
  const task = checkTask(name);
  const plan = await interruptible(async (signal) => {
    let shown = await solver.plan(task, { log, signal });
    log(`Adding a value to ${JSON.stringify(shown['name'])} by ${provider.name}.`);
    try {
      shown = await solver.show(shown, { log, signal });
      await solver.settle?.([shown], { log, signal });
    } finally {
      // Not with the signal: it is removed also if the command is interrupted.
      await solver.undo(shown, { log });
    }
    return shown;
  });
  writeReport(io, flags, {
    facts: () => ({ ok: true, provider: provider.name, record: plan['name'], steps }),
    lines: (style) => [style.good('the value was added and removed')],
  });
}

/** An order's task with a value that no authority has asked for. */
const checkTask = (name: string): ChallengeTask => ({
  name: { type: 'dns', value: name },
  challenge: { type: 'dns-01', url: '', status: 'pending', token: '', issuerDomainNames: [], error: null },
  account: '',
  keyAuthorization: '',
  txt: randomBytes(32).toString('base64url'),
});

interface AddFlags extends DnsProviderFlags {
  readonly ttl: number;
  readonly remove?: boolean;
  readonly json?: boolean;
}

function addAddCommand(dns: Command, context: CommandContext): void {
  const command = dns
    .command('add')
    .summary('give a host its address')
    .description(
      'Gives a host an A or AAAA record, in place of those of the same type that it has: for a machine in a private network ' +
        'that needs a public name for its certificate.',
    )
    .argument('<host>', 'name of the host')
    .argument('[address]', 'IPv4 or IPv6')
    .option('--remove', 'remove its A and AAAA records')
    .option('--ttl <seconds>', 'how long others may remember it', seconds, 300)
    .option('--json', 'print one JSON object');
  addDnsProviderFlags(command).action((host: string, address: string | undefined, flags: AddFlags) =>
    runAdd(host, address, flags, context),
  );
}

async function runAdd(
  name: string,
  address: string | undefined,
  flags: AddFlags,
  { acme, io }: CommandContext,
): Promise<void> {
  if ((address === undefined) !== (flags.remove === true))
    throw new UsageError('Give either an address or --remove');
  const canonical = address === undefined ? null : canonicalAddress(address);
  if (address !== undefined && canonical === null)
    throw new UsageError(`${printable(address)} is no IP address`);
  const provider = dnsProviderOf(acme, flags, io);
  if (provider.setAddress === undefined) throw new UsageError(`${provider.name} sets no addresses`);
  await provider.setAddress({ name, address: canonical, ttl: flags.ttl });
  writeReport(io, flags, {
    facts: () => ({ ok: true, host: name, address: canonical }),
    lines: (style) => [
      canonical === null
        ? `${style.good('removed')} the addresses of ${name}`
        : `${style.good('set')} ${name} to ${canonical}`,
    ],
  });
}

interface PersistFlags extends DnsProviderFlags {
  readonly issuer: string;
  readonly account: string;
  readonly wildcard?: boolean;
  readonly until?: Date;
  readonly json?: boolean;
}

function addPersistCommand(dns: Command, context: CommandContext): void {
  const command = dns
    .command('persist')
    .summary('show the record that proves a name for good')
    .description(
      'Shows the TXT record of dns-persist-01, which proves a name to one authority for one account for as long as it is there. ' +
        'With --dns, the record is added, too. The protocol is a draft: not every authority accepts it.',
    )
    .argument('<name>', 'the name; *.bar.example for wildcards')
    .requiredOption('--issuer <name>', "the authority's name for such records: letsencrypt.org")
    .requiredOption('--account <url>', 'address of the ACME account')
    .option('--wildcard', 'also for every name below it, and for wildcards')
    .option('--until <date>', 'when the authority stops accepting it: 2027-12-31', date)
    .option('--json', 'print one JSON object');
  addDnsProviderFlags(command).action((name: string, flags: PersistFlags) =>
    runPersist(name, flags, context),
  );
}

function date(text: string): Date {
  const moment = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(moment)) return new Date(moment);
  throw new InvalidArgumentError('It must be a date: 2027-12-31.');
}

/** Of a record that stays. */
const PERSISTENT_TTL = 3600;

async function runPersist(name: string, flags: PersistFlags, { acme, io }: CommandContext): Promise<void> {
  const { issuer, account, wildcard, until } = flags;
  if (!URL.canParse(account) || new URL(account).protocol !== 'https:')
    throw new UsageError('--account must be the address of an account: https://…');
  const record = acme.persistentRecord({ name, issuer, account, wildcard, until });
  const isAdded = flags.dns !== undefined;
  if (isAdded) await dnsProviderOf(acme, flags, io).add({ ...record, ttl: PERSISTENT_TTL });
  writeReport(io, flags, {
    facts: () => ({ ok: true, type: 'TXT', ...record, added: isAdded }),
    lines: (style) => [
      ...(isAdded ? [style.good('added')] : []),
      ...formatRows(
        [
          ['name', record.name],
          ['type', 'TXT'],
          ['value', record.value],
        ],
        style,
      ),
    ],
  });
}
