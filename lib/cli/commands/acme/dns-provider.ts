import { Option, type Command } from 'commander';
import type { AcmeDnsAccount, DnsProvider, DnsUpdateOptions } from '../../../acme.js';
import { readInput } from '../../arguments.js';
import type { AcmeLibrary } from '../../command-context.js';
import type { CommandIO } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';

const KINDS = ['rfc2136', 'dnsimple', 'cloudflare', 'httpreq', 'acme-dns', 'program'] as const;
type Kind = (typeof KINDS)[number];

/** The options that say who changes DNS records, as commander parses them. */
export interface DnsProviderFlags {
  readonly dns?: Kind;
  readonly dnsServer?: string;
  readonly dnsKey?: string;
  readonly dnsAlgorithm?: DnsUpdateOptions['algorithm'];
  readonly dnsZone?: string;
  readonly dnsUrl?: string;
  readonly dnsUser?: string;
  readonly dnsAccount?: string;
  readonly dnsProgram?: string;
}

export function addDnsProviderFlags(command: Command): Command {
  return command
    .addOption(new Option('--dns <kind>', 'who changes DNS records').choices(KINDS))
    .option('--dns-server <host>', 'rfc2136: the server of the zone, with :port if it is not 53')
    .option('--dns-key <name>', 'rfc2136: name of the key at the server')
    .addOption(
      new Option('--dns-algorithm <name>', 'rfc2136: algorithm of the key (default: hmac-sha256)').choices([
        'hmac-sha256',
        'hmac-sha384',
        'hmac-sha512',
        'hmac-sha1',
      ]),
    )
    .option(
      '--dns-zone <name>',
      'rfc2136: zone of the names; cloudflare: its identifier (default: looked up)',
    )
    .option('--dns-url <url>', 'httpreq, acme-dns: address of the server')
    .option('--dns-user <name>', 'httpreq: user at the server')
    .option(
      '--dns-account <value>',
      "dnsimple: number of the account (default: the token's); acme-dns: file with it",
    )
    .option('--dns-program <file>', "program: gets lego's arguments");
}

/**
 * The provider that the options name. Its secret comes from an environment variable, never from an argument, because
 * every user of the machine can read those.
 *
 * @throws {UsageError} when something is missing
 */
export function dnsProviderOf(
  acme: AcmeLibrary,
  flags: DnsProviderFlags,
  { env }: Pick<CommandIO, 'env'>,
): DnsProvider {
  const { dns, dnsZone } = flags;
  const secret = (variable: string): string =>
    needed(env[variable], `--dns ${dns ?? ''} needs its secret: set ${variable}`);
  const option = (value: string | undefined, name: string): string =>
    needed(value, `--dns ${dns ?? ''} needs --dns-${name}`);
  switch (dns) {
    case 'rfc2136': {
      const { host, port } = hostAndPort(option(flags.dnsServer, 'server'));
      return acme.dnsUpdate({
        server: host,
        port,
        keyName: option(flags.dnsKey, 'key'),
        secret: secret('SCHANNEL_TSIG_SECRET'),
        algorithm: flags.dnsAlgorithm,
        zone: dnsZone,
      });
    }
    case 'dnsimple':
      return acme.dnsimple({
        token: secret('SCHANNEL_DNSIMPLE_TOKEN'),
        account: flags.dnsAccount,
        url: flags.dnsUrl,
      });
    case 'cloudflare':
      return acme.cloudflare({
        token: secret('SCHANNEL_CLOUDFLARE_TOKEN'),
        zoneId: dnsZone,
        url: flags.dnsUrl,
      });
    case 'httpreq':
      return acme.httpRequest({
        url: option(flags.dnsUrl, 'url'),
        username: option(flags.dnsUser, 'user'),
        password: secret('SCHANNEL_CHALLENGE_PASSWORD'),
      });
    case 'acme-dns':
      return acme.acmeDns({
        url: option(flags.dnsUrl, 'url'),
        account: accountIn(option(flags.dnsAccount, 'account')),
      });
    case 'program':
      return acme.program({ program: option(flags.dnsProgram, 'program') });
    default:
      throw new UsageError(`--dns must say who changes the records: ${KINDS.join(', ')}`);
  }
}

function needed(value: string | undefined, message: string): string {
  if (value !== undefined && value !== '') return value;
  throw new UsageError(message);
}

/** 'ns.bar.example', 'ns.bar.example:5353', '10.0.0.1:53', '[fd00::1]:53'. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined) return { host, port: Number(digits ?? 53) };
  throw new UsageError('--dns-server must be like ns.bar.example or [fd00::1]:53');
}

/** What `registerAcmeDns()` returned, in a file. */
function accountIn(file: string): AcmeDnsAccount {
  const wrong = new UsageError(`--dns-account: ${file} has no account of acme-dns`);
  let account: unknown;
  try {
    account = JSON.parse(readInput(file, '--dns-account').toString());
  } catch (error) {
    throw error instanceof UsageError ? error : wrong;
  }
  const members = ['username', 'password', 'subdomain'];
  const isAccount =
    typeof account === 'object' &&
    account !== null &&
    members.every((member) => typeof Reflect.get(account, member) === 'string');
  if (!isAccount) throw wrong;
  return account as AcmeDnsAccount;
}
