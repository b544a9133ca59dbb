import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import { readIssueValue } from '../dns/issue-value.js';
import { dnsLookup, type DnsLookup, type LookupOptions } from '../dns/lookup.js';
import type { ChallengeSolver } from './solver.js';

/** What a record of dns-persist-01 says. */
export interface PersistentProof {
  /** The name; '*.' in front asks for wildcards. */
  readonly name: string;
  /** One of the names that the authority has for such records. */
  readonly issuer: string;
  /** URL of the account. A new key of the account changes nothing, a new account does. */
  readonly account: string;
  /** Whether it is also for every name below it, and for wildcards. Default: for a name with '*.'. */
  readonly wildcard?: boolean | undefined;
  /** When the authority stops accepting it. Default never. */
  readonly until?: Date | undefined;
}

/** A TXT record that a person adds once. */
export interface PersistentRecord {
  readonly name: string;
  readonly value: string;
}

/**
 * The record that proves a name for as long as it is there: nothing has to change DNS at each renewal
 * (draft-ietf-acme-dns-persist).
 */
export function persistentRecord({
  name,
  issuer,
  account,
  wildcard,
  until,
}: PersistentProof): PersistentRecord {
  const isWildcard = name.startsWith('*.');
  const parameters = [
    `accounturi=${account}`,
    ...((wildcard ?? isWildcard) ? ['policy=wildcard'] : []),
    ...(until === undefined ? [] : [`persistUntil=${Math.floor(until.getTime() / 1000)}`]),
  ];
  return { name: nameOfRecord(name), value: [issuer.toLowerCase(), ...parameters].join('; ') };
}

const nameOfRecord = (name: string): string => `_validation-persist.${name.replace(/^\*\./, '')}`;

export interface DnsPersistOptions {
  /** Addresses of the DNS servers that are asked. Default: those of the system. */
  readonly servers?: readonly string[] | undefined;
}

/** What tests replace. */
export interface DnsPersistDependencies {
  readonly lookupFor?: (options: LookupOptions) => DnsLookup;
  readonly clock?: Clock;
}

/**
 * Answers dns-persist-01 by a record that is there already. It changes nothing. If the record can't be seen, the log
 * has the one to add, and the order goes on, because the authority may see another DNS than this machine.
 *
 * The protocol is a draft (draft-ietf-acme-dns-persist-02), and so is this function: both may change.
 */
export function dnsPersist(
  { servers }: DnsPersistOptions = {},
  { lookupFor = dnsLookup, clock = SYSTEM_CLOCK }: DnsPersistDependencies = {},
): ChallengeSolver {
  return {
    name: 'dns-persist-01',
    types: ['dns-persist-01'],
    refuses: ({ type }) => (type === 'ip' ? 'an address has no DNS records' : null),
    async plan({ name: { value: name }, challenge, account }, { signal, log }) {
      const issuers = challenge.issuerDomainNames.map((each) => each.toLowerCase());
      const [issuer] = issuers;
      if (issuer === undefined) throw noIssuer();
      const record = persistentRecord({ name, issuer, account });
      const found = await lookFor(
        { name, issuers, account, now: clock.now() },
        lookupFor({ servers, signal }),
      );
      signal?.throwIfAborted();
      if (typeof found === 'string') log(`${found} proves ${name} to ${issuer}.`);
      else if (found === null) log(`${name} needs a TXT record at ${record.name}: "${record.value}"`);
      else log(`The record ${record.name} could not be looked up: ${printable(found.message)}`);
      return { ...record };
    },
    show: (plan) => Promise.resolve(plan),
    undo: () => Promise.resolve(),
  };
}

interface Wanted {
  readonly name: string;
  readonly issuers: readonly string[];
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The name of a record that proves it: its own, or one above it with the policy 'wildcard'. */
async function lookFor(wanted: Wanted, lookup: DnsLookup): Promise<string | Error | null> {
  const labels = wanted.name.replace(/^\*\./, '').split('.');
  try {
    // A top-level domain proves nothing.
    for (let at = 0; at === 0 || at < labels.length - 1; at += 1) {
      const name = nameOfRecord(labels.slice(at).join('.'));
      const needsPolicy = at > 0 || wanted.name.startsWith('*.');
      const values = await lookup.txt(name);
      if (values.some((value) => proves(value, needsPolicy, wanted))) return name;
    }
    return null;
  } catch (error) {
    return toError(error);
  }
}

function proves(value: string, needsPolicy: boolean, { issuers, account, now }: Wanted): boolean {
  const { issuer, parameters } = readIssueValue(value);
  const until = parameters.get('persistuntil');
  return (
    issuers.includes(issuer) &&
    parameters.get('accounturi') === account &&
    (!needsPolicy || parameters.get('policy')?.toLowerCase() === 'wildcard') &&
    (until === undefined || Number(until) * 1000 > now)
  );
}

const noIssuer = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_CHALLENGE',
    'The server offers dns-persist-01 without a name that could stand in the record',
    { advice: 'Use another kind of challenge.' },
  );
