import { isIP, SocketAddress } from 'node:net';
import { domainToASCII } from 'node:url';

import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import type { CertificateOptions } from './certificate-option.js';
import { SecureContext, type SecureContextOptions } from './secure-context.js';

/** Options that connections to servers have if the program gives none of that kind. */
export interface ClientDefaults
  extends
    CertificateOptions,
    Pick<SecureContextOptions, 'revocation' | 'revocationTimeout' | 'fetchIssuers'> {}

/** Defaults for some servers, by the name or address that a program connects to. */
export type ServerDefaults = Readonly<Record<string, ClientDefaults>>;

interface Defaults {
  /** No others have it. */
  readonly number: string;
  readonly all: SecureContext;
  readonly servers: ReadonlyMap<string, SecureContext>;
}

let current: Defaults | null = null;
let last = 0;

/**
 * From now on, connections to servers have these defaults. What is given for a server comes before what is given for
 * all; `certificate: null` there shows it none.
 * @param defaults null for none
 * @throws as createSecureContext()
 */
export function setClientDefaults(defaults: ClientDefaults | null, servers: ServerDefaults = {}): void {
  if (defaults === null) {
    current = null;
    return;
  }
  refuseOthers(defaults, 'options.');
  const named = Object.entries(servers).map(([name, own]) => {
    const where = `options.servers[${JSON.stringify(printable(name, 80))}]`;
    refuseOthers(own, `${where}.`);
    return [serverName(name, where), new SecureContext(merged(defaults, own))] as const;
  });
  const all = new SecureContext(defaults);
  current = { number: String((last += 1)), all, servers: new Map(named) };
}

/** Tells the present defaults from earlier and later ones; '' for none. */
export const clientDefaultsNumber = (): string => current?.number ?? '';

/**
 * The context of a connection with the defaults for its server.
 * @param names what the server may be known by; the first that is given counts
 */
export function withClientDefaults(
  context: SecureContext,
  names: readonly (string | null | undefined)[],
): SecureContext {
  if (current === null) return context;
  const name = nameOf(names.find(Boolean) ?? '');
  return context.filledFrom(current.servers.get(name) ?? current.all);
}

/** A server's own identity takes the place of the one for all, in whatever form either is given. */
function merged(all: ClientDefaults, own: ClientDefaults): ClientDefaults {
  const hasIdentity = ['certificate', 'cert', 'key', 'pfx'].some((name) => name in own);
  const { revocation, revocationTimeout, fetchIssuers } = all;
  return { ...(hasIdentity ? { revocation, revocationTimeout, fetchIssuers } : all), ...own };
}

/** An option that is no default would have no effect, and the program would rely on it: `ca`, `pins`. */
const DEFAULTS: Readonly<Record<keyof ClientDefaults, true>> = {
  cert: true,
  certificate: true,
  fetchIssuers: true,
  key: true,
  passphrase: true,
  pfx: true,
  revocation: true,
  revocationTimeout: true,
  temporaryKeys: true,
};

function refuseOthers(options: ClientDefaults, where: string): void {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw invalidType(where.slice(0, -1), 'of type object', options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  const [other] = given.map(([name]) => name).filter((name) => !Object.hasOwn(DEFAULTS, name));
  if (other === undefined) return;
  throw new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    `There are no defaults for "${where}${printable(other, 80)}"`,
    { advice: 'Give it where connections are made.' },
  );
}

/** What is no name of a server would never count, and the default for all servers would: 'db:5432', '*.example'. */
function serverName(name: string, where: string): string {
  const known = nameOf(name);
  if (isIP(known) !== 0 || /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(known)) return known;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `${where} must be for a host name or an IP address, without a port or a scheme`,
  );
}

/** As in the DNS. Addresses as Node writes them. */
function nameOf(name: string): string {
  const bare = name.toLowerCase().replace(/\.$/, '');
  if (isIP(bare) === 6) return new SocketAddress({ address: bare, family: 'ipv6' }).address;
  return /^[\x20-\x7e]*$/.test(bare) ? bare : domainToASCII(bare);
}
