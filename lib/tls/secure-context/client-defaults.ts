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
  readonly all: SecureContext;
  readonly servers: ReadonlyMap<string, SecureContext>;
}

let current: Defaults | null = null;

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
  const named = Object.entries(servers).map(
    ([name, own]) => [nameOf(name), new SecureContext(merged(defaults, own))] as const,
  );
  current = { all: new SecureContext(defaults), servers: new Map(named) };
}

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

const nameOf = (name: string): string => name.toLowerCase().replace(/\.$/, '');
