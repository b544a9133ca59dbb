import type { CaaRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { errorCode } from '../../../base/errors/error-code.js';

/** One property of a CAA record set (RFC 8659 §4.1). */
export interface CaaProperty {
  readonly tag: string;
  readonly value: string;
  /** An authority that does not know the tag must not issue. */
  readonly isCritical: boolean;
}

/** Asks DNS servers. Names without records of the type have none. @throws Error with a code if no server answers */
export interface DnsLookup {
  /** Each value, its strings joined. */
  txt(name: string): Promise<readonly string[]>;
  cname(name: string): Promise<string | null>;
  /** Whether a zone begins at this name. */
  isZone(name: string): Promise<boolean>;
  ns(name: string): Promise<readonly string[]>;
  ipv4(name: string): Promise<readonly string[]>;
  ipv6(name: string): Promise<readonly string[]>;
  caa(name: string): Promise<readonly CaaProperty[]>;
  /** The same questions to one server, by its address. */
  at(address: string): DnsLookup;
}

export interface LookupOptions {
  /** Addresses of servers, with ports if they aren't 53. Default: those of the system. */
  readonly servers?: readonly string[] | undefined;
  /** Port of the servers that are asked by {@link DnsLookup.at}. Default 53. */
  readonly port?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** For one try. A server that is not there costs this much, twice. */
const PATIENCE_MS = 2000;
const TRIES = 2;

export function dnsLookup({ servers, port = 53, signal }: LookupOptions = {}): DnsLookup {
  const resolver = new Resolver({ timeout: PATIENCE_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  async function ask<Value>(question: () => Promise<Value[]>): Promise<Value[]> {
    signal?.throwIfAborted();
    const cancel = (): void => {
      resolver.cancel();
    };
    signal?.addEventListener('abort', cancel);
    try {
      return await question();
    } catch (error) {
      signal?.throwIfAborted();
      if (NOTHING.includes(errorCode(error))) return [];
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }
  return {
    txt: async (name) => (await ask(() => resolver.resolveTxt(name))).map((strings) => strings.join('')),
    cname: async (name) => (await ask(() => resolver.resolveCname(name)))[0]?.toLowerCase() ?? null,
    isZone: async (name) => (await ask(async () => [await resolver.resolveSoa(name)])).length > 0,
    ns: (name) => ask(() => resolver.resolveNs(name)),
    ipv4: (name) => ask(() => resolver.resolve4(name)),
    ipv6: (name) => ask(() => resolver.resolve6(name)),
    caa: async (name) => (await ask(() => resolver.resolveCaa(name))).flatMap(propertiesOf),
    at: (address) =>
      dnsLookup({ servers: [isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`], port, signal }),
  };
}

/** The name is there without such a record, or is not there. */
const NOTHING: readonly string[] = ['ENODATA', 'ENOTFOUND'];

/** Node has the tag as the name of a member. */
function propertiesOf({ critical, ...rest }: CaaRecord): CaaProperty[] {
  return Object.entries(rest)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== 'type')
    .map(([tag, value]) => ({ tag: tag.toLowerCase(), value, isCritical: critical > 0 }));
}

/** The zone that a name is in; null if nobody says so. */
export async function zoneOf(name: string, lookup: DnsLookup): Promise<string | null> {
  const labels = name.split('.');
  for (let at = 0; at < labels.length; at += 1) {
    const zone = labels.slice(at).join('.');
    if (await lookup.isZone(zone)) return zone;
  }
  return null;
}
