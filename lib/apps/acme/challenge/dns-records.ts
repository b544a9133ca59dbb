import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { integerWithin, invalidType } from '../../../base/errors/argument-error.js';
import { followDelegation } from '../dns/delegation.js';
import { dnsLookup, type DnsLookup, type LookupOptions } from '../dns/lookup.js';
import { waitForValues } from '../dns/propagation.js';
import type { DnsHandle, DnsProvider } from '../dns/provider.js';
import { textOf } from './plan.js';
import type {
  ChallengeContext,
  ChallengePlan,
  ChallengeSolver,
  ChallengeTask,
  JsonRecord,
} from './solver.js';

export interface DnsRecordsOptions {
  /** Seconds that others may remember the values. Default 60. */
  readonly ttl?: number | undefined;
  /**
   * Whether the values are put where CNAME records lead to. Default true; false for a provider that does that itself.
   */
  readonly followAliases?: boolean | undefined;
  /** Most seconds to wait until the name servers show the values; 0 doesn't ask them. Default 120. */
  readonly patience?: number | undefined;
  /** Addresses of the DNS servers that are asked for CNAME, SOA and NS records. Default: those of the system. */
  readonly servers?: readonly string[] | undefined;
}

/** What tests replace. */
export interface DnsRecordsDependencies {
  readonly lookupFor?: (options: LookupOptions) => DnsLookup;
  readonly clock?: Clock;
}

/**
 * Answers DNS-01 (RFC 8555 §8.4) by TXT records of a provider. It is the only kind that public authorities take for
 * wildcards, and it needs no port of this machine. A name and its wildcard have one record name with two values.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE
 */
export function dnsRecords(
  provider: DnsProvider,
  options: DnsRecordsOptions = {},
  { lookupFor = dnsLookup, clock = SYSTEM_CLOCK }: DnsRecordsDependencies = {},
): ChallengeSolver {
  const { ttl = 60, followAliases = true, patience = 120, servers } = options;
  if (typeof provider !== 'object' || typeof provider.add !== 'function')
    throw invalidType('provider', 'a provider of DNS records', provider);
  integerWithin('options.ttl', ttl, 1, 86_400);
  integerWithin('options.patience', patience, 0, 3600);
  return {
    name: `dns-01 by ${provider.name}`,
    types: ['dns-01'],
    refuses: ({ type }) => (type === 'ip' ? 'an address has no DNS records' : null),
    async plan({ name, txt }: ChallengeTask, { signal, log }: ChallengeContext): Promise<ChallengePlan> {
      const start = `_acme-challenge.${name.value.replace(/^\*\./, '')}`;
      const found = await followDelegation(start, lookupFor({ servers, signal }), signal);
      if (found.problem !== null) log(found.problem);
      if (!followAliases) return { name: start, value: txt, shownAt: found.name };
      if (found.name !== start) log(`${start} leads to ${found.name}: the record is put there.`);
      return { name: found.name, value: txt, shownAt: found.name };
    },
    async show(plan, { signal }) {
      const handle = await provider.add({ ...recordOf(plan), ttl }, { signal });
      return { ...plan, handle };
    },
    async settle(plans, { signal, log }) {
      if (patience === 0) return;
      const lookup = lookupFor({ servers, signal });
      const values = plans.map((plan) => ({
        ...recordOf(plan),
        name: textOf(plan, 'shownAt') || textOf(plan, 'name'),
      }));
      await waitForValues(values, { lookup, clock, limit: patience * 1000, log, signal });
    },
    async undo(plan, { signal }) {
      const handle = handleOf(plan);
      if (handle === null) await provider.removeValue(recordOf(plan), { signal });
      else await provider.remove(handle, { signal });
    },
  };
}

const recordOf = (plan: ChallengePlan): { readonly name: string; readonly value: string } => ({
  name: textOf(plan, 'name'),
  value: textOf(plan, 'value'),
});

/** Null before the provider has said what it needs to remove the value. */
function handleOf({ handle }: ChallengePlan): DnsHandle | null {
  if (typeof handle !== 'object' || handle === null || Array.isArray(handle)) return null;
  const members = Object.entries(handle as JsonRecord);
  return Object.fromEntries(
    members.filter((entry): entry is [string, string | number] => /^(string|number)$/.test(typeof entry[1])),
  );
}
