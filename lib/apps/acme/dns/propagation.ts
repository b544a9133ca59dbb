import { type Clock, pauseFor } from '../../../base/async/clock.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable, printableList } from '../../../base/text/printable.js';
import { type DnsLookup, zoneOf } from './lookup.js';

/** A value that every server of its zone should show. */
export interface ExpectedValue {
  readonly name: string;
  readonly value: string;
}

export interface PropagationSettings {
  readonly lookup: DnsLookup;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly limit: number;
  readonly log: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Between two rounds of questions, in milliseconds. */
const INTERVAL_MS = 2000;
/** A server that is silent in so many rounds is not waited for: networks block port 53, and some servers are gone. */
const SILENT_ROUNDS = 3;
/** More name servers than any zone has. */
const MOST_SERVERS = 16;
const MOST_ADDRESSES = 4;

/** One name server, and what it does not show yet. */
interface Server {
  readonly host: string;
  missing: readonly ExpectedValue[];
  /** Looked up once. */
  addresses: readonly string[] | null;
  silent: number;
}

/**
 * Asks the authoritative servers of each zone until all of them show all values. Resolvers are not asked: they would
 * remember that there is nothing, and the ACME server asks the authoritative ones, too.
 *
 * It never fails: what can't be seen from here may be seen from there. What it saw is logged.
 */
export async function waitForValues(
  values: readonly ExpectedValue[],
  settings: PropagationSettings,
): Promise<void> {
  const { clock, limit, log } = settings;
  const deadline = clock.now() + limit;
  const servers = await serversOf(values, settings);
  let isTold = false;
  for (;;) {
    await Promise.all(servers.map((server) => ask(server, settings)));
    const waiting = servers.filter(({ missing, silent }) => missing.length > 0 && silent < SILENT_ROUNDS);
    if (waiting.length === 0) break;
    const names = hostsOf(waiting);
    if (clock.now() + INTERVAL_MS > deadline) {
      log(`After ${limit / 1000} seconds, the records are still not shown by ${names}. The order goes on.`);
      return;
    }
    if (!isTold) log(`The records are not yet shown by ${names}.`);
    isTold = true;
    await rest(settings);
  }
  const seen = servers.filter(({ missing }) => missing.length === 0);
  const silent = servers.filter(({ missing }) => missing.length > 0);
  if (seen.length > 0) log(`The records are shown by ${hostsOf(seen)}.`);
  if (silent.length > 0) log(`No answer came from ${hostsOf(silent)}. The order goes on.`);
}

async function serversOf(
  values: readonly ExpectedValue[],
  { lookup, log, signal }: PropagationSettings,
): Promise<Server[]> {
  const servers = new Map<string, Server>();
  for (const expected of values) {
    try {
      const zone = await zoneOf(expected.name, lookup);
      const hosts = zone === null ? [] : await lookup.ns(zone);
      if (hosts.length === 0) log(`No name servers were found for ${expected.name}. The order goes on.`);
      for (const host of hosts.slice(0, MOST_SERVERS)) {
        const known = servers.get(host);
        if (known === undefined) servers.set(host, { host, missing: [expected], addresses: null, silent: 0 });
        else known.missing = [...known.missing, expected];
      }
    } catch (error) {
      signal?.throwIfAborted();
      const { message } = toError(error);
      log(
        `The name servers of ${expected.name} could not be found: ${printable(message)}. The order goes on.`,
      );
    }
  }
  return [...servers.values()];
}

/** Any of its addresses may answer. */
async function ask(server: Server, { lookup, signal }: PropagationSettings): Promise<void> {
  if (server.missing.length === 0 || server.silent >= SILENT_ROUNDS) return;
  server.addresses ??= await addressesOf(server.host, lookup, signal);
  for (const address of server.addresses) {
    try {
      const direct = lookup.at(address);
      const shown = await Promise.all(server.missing.map(({ name }) => direct.txt(name)));
      server.missing = server.missing.filter(({ value }, at) => shown[at]?.includes(value) !== true);
      server.silent = 0;
      return;
    } catch {
      // Refused, or silent.
      signal?.throwIfAborted();
    }
  }
  server.silent += 1;
}

async function addressesOf(
  host: string,
  lookup: DnsLookup,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const found = await Promise.allSettled([lookup.ipv4(host), lookup.ipv6(host)]);
  signal?.throwIfAborted();
  return found
    .flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
    .slice(0, MOST_ADDRESSES);
}

/** @throws what the signal ends it with */
async function rest({ clock, signal }: PropagationSettings): Promise<void> {
  const pause = pauseFor(clock, INTERVAL_MS);
  const end = (): void => {
    pause.end();
  };
  signal?.addEventListener('abort', end);
  await pause.over;
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
}

const hostsOf = (servers: readonly Server[]): string => printableList(servers.map(({ host }) => host));
