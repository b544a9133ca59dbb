import { type AlertEntry, describeAlert } from '../../base/errors/alerts.js';
import { integerWithin } from '../../base/errors/argument-error.js';
import { describeEvent } from '../../base/errors/events.js';
import { printable } from '../../base/text/printable.js';
import type { Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { callNative } from '../../native/promises.js';
import type { NativeLoggedEvent } from '../../native/service-binding.js';

/** Entries of Schannel in the System log with the same number and the same alert. */
export interface SchannelEventGroup {
  readonly id: number;
  /** A short name; null for a number that is not known. */
  readonly name: string | null;
  readonly meaning: string | null;
  /** What to do; null if there is nothing to do, or nothing known. */
  readonly remedy: string | null;
  /** The TLS alert that they name. */
  readonly alert: { readonly description: number; readonly name: string | null } | null;
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
  /** The data of the newest one, printable. Their order is that of the event. */
  readonly data: readonly string[];
}

export interface SchannelEventOptions {
  /** Milliseconds back from now. Default an hour. */
  readonly since?: number | undefined;
  /** How many entries are read at most, the newest first. Default 500. */
  readonly most?: number | undefined;
}

const HOUR = 3_600_000;
const LONGEST_SINCE = 366 * 24 * HOUR;

/**
 * What Schannel has written into the event log, in groups, the most frequent first. How much it writes is decided by
 * `eventLogging`. Needs no administrator.
 *
 * @throws SchannelError ERR_SCHANNEL_POLICY_ACCESS_DENIED, ERR_SCHANNEL_SYSTEM_…; RangeError ERR_OUT_OF_RANGE
 */
export const schannelEvents = async (options: SchannelEventOptions = {}): Promise<SchannelEventGroup[]> =>
  schannelEventsOf(native(), options);

/** As {@link schannelEvents}, of a given system. */
export async function schannelEventsOf(
  addon: Pick<Native, 'readEvents'>,
  { since = HOUR, most = 500 }: SchannelEventOptions = {},
): Promise<SchannelEventGroup[]> {
  integerWithin('options.since', since, 1, LONGEST_SINCE);
  integerWithin('options.most', most, 1, 10_000);
  const query = `*[System[Provider[@Name='Schannel'] and TimeCreated[timediff(@SystemTime)<=${since}]]]`;
  const events = await callNative<readonly NativeLoggedEvent[]>(
    { phase: 'policy', text: 'The event log could not be read' },
    (callback) => {
      addon.readEvents('System', query, most, callback);
    },
  );
  return groupEvents(events);
}

function groupEvents(events: readonly NativeLoggedEvent[]): SchannelEventGroup[] {
  const groups = new Map<string, NativeLoggedEvent[]>();
  for (const event of events) {
    const key = `${event.id} ${alertOf(event) ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return [...groups.values()].flatMap((group) => groupOf(group)).sort((a, b) => b.count - a.count);
}

function groupOf(events: readonly NativeLoggedEvent[]): SchannelEventGroup[] {
  const newest = [...events].sort((a, b) => b.time - a.time)[0];
  if (newest === undefined) return [];
  const { id, texts } = newest;
  const entry = describeEvent(id);
  const description = alertOf(newest);
  const alert: AlertEntry | null = description === null ? null : describeAlert(description);
  return [
    {
      ...{ id, name: entry?.name ?? null, meaning: entry?.meaning ?? null, remedy: entry?.remedy ?? null },
      alert: description === null ? null : { description, name: alert?.name ?? null },
      count: events.length,
      first: new Date(Math.min(...events.map(({ time }) => time))),
      last: new Date(newest.time),
      data: texts.map((text) => printable(text)),
    },
  ];
}

/** Events that name an alert have it as their first datum. */
function alertOf({ id, texts }: NativeLoggedEvent): number | null {
  const [first = ''] = texts;
  return describeEvent(id)?.namesAlert === true && /^\d{1,3}$/.test(first) && Number(first) < 256
    ? Number(first)
    : null;
}
