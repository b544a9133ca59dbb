import type { RenewalInfo } from '../protocol/renewal-info.js';

/** When a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

/** The window that a server suggests (RFC 9773), and the moment in it that was chosen once. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  readonly moment: number;
  /** Where the server explains it; null if it does not. */
  readonly explanation: string | null;
}

/** A number from 0 to 1, as Math.random() gives them. */
export type Random = () => number;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/**
 * The window that holds from now on. Another moment is chosen only if the server has changed the window: otherwise the
 * load of a server would gather at the beginning of windows (RFC 9773 §4.2).
 */
export function windowOf(
  { start, end, explanation }: RenewalInfo,
  before: RenewalWindow | null,
  random: Random,
): RenewalWindow {
  const [from, to] = [start.getTime(), end.getTime()];
  const isSame = before?.start === from && before.end === to;
  const moment = isSame ? before.moment : Math.floor(from + random() * (to - from));
  return { start: from, end: to, moment, explanation };
}

/** Half of the lifetime has to be left for certificates with less than this, a third for others. */
const SHORT_LIFETIME_MS = 10 * DAY_MS;
/** The most by which a moment is earlier, as a share of the lifetime. */
const JITTER = 0.05;

/**
 * When to renew if the server suggests nothing: when a third of its lifetime is left, or a half if it
 * lives less than ten days, and up to 5 % of the lifetime earlier. So Let's Encrypt advises in its integration guide.
 * Never at a full hour, when everybody else comes.
 */
export function momentByLifetime({ from, to }: Validity, random: Random): number {
  const lifetime = to - from;
  const left = lifetime < SHORT_LIFETIME_MS ? lifetime / 2 : lifetime / 3;
  const moment = Math.floor(to - left - random() * JITTER * lifetime);
  // An hour matters to a certificate that lives for hours.
  return lifetime < DAY_MS ? moment : offTheHour(moment, random);
}

/** Within this time of a full hour, a moment is moved. */
const CROWDED_MS = 5 * MINUTE_MS;

function offTheHour(moment: number, random: Random): number {
  const past = ((moment % HOUR_MS) + HOUR_MS) % HOUR_MS;
  if (past >= CROWDED_MS && past <= HOUR_MS - CROWDED_MS) return moment;
  return moment - past + CROWDED_MS + Math.floor(random() * (HOUR_MS - 2 * CROWDED_MS));
}

/** Why a certificate is renewed when it is. */
export type RenewalReason = 'suggested' | 'lifetime';

/**
 * When to renew. A window of the server counts, unless its moment is after the end of the certificate.
 *
 * @param byLifetime as {@link momentByLifetime} gave it once
 */
export function renewalMoment(
  { to }: Validity,
  window: RenewalWindow | null,
  byLifetime: number,
): { readonly moment: number; readonly reason: RenewalReason } {
  if (window !== null && window.moment < to) return { moment: window.moment, reason: 'suggested' };
  return { moment: byLifetime, reason: 'lifetime' };
}

/** The longest rest, and the most of the lifetime that it takes. */
const REST_MS = 6 * HOUR_MS;
const REST_SHARE = 1 / 6;

/**
 * How long a new certificate is left alone, in milliseconds. A server whose windows are always in the past, or a clock
 * that is ahead, would otherwise have an order each second.
 */
export const restAfter = ({ from, to }: Validity): number =>
  Math.floor(Math.min(REST_MS, (to - from) * REST_SHARE));

/** After the first failure in a row, the second, and so on; then daily. */
const RETRIES_MS: readonly number[] = [MINUTE_MS, 10 * MINUTE_MS, 100 * MINUTE_MS];
/** Certificates that live for days can't wait for a day. */
const SHORT_RETRY_MS = 6 * HOUR_MS;

/**
 * When to try again after so many failures in a row (Let's Encrypt's integration guide): a minute, ten minutes, a
 * hundred minutes, then daily; every six hours at the latest for a certificate that lives less than ten days.
 *
 * @param lifetime of the certificate to renew, in milliseconds; null if there is none yet
 * @param notBefore the time that the server has given; null if it gave none
 */
export function retryMoment(
  failures: number,
  now: number,
  { lifetime, notBefore }: { readonly lifetime: number | null; readonly notBefore: number | null },
  random: Random,
): number {
  const isShort = lifetime !== null && lifetime < SHORT_LIFETIME_MS;
  const usual = RETRIES_MS[failures - 1] ?? (isShort ? SHORT_RETRY_MS : DAY_MS);
  // Up to a tenth later: many machines may have failed at once.
  const moment = now + usual + Math.floor(random() * usual * 0.1);
  return Math.max(moment, notBefore ?? moment);
}

/** Whether so little is left of a certificate that a person has to know if it was not renewed. */
export const isPressing = ({ from, to }: Validity, now: number): boolean => to - now <= (to - from) / 6;

/**
 * Whether another authority should be asked: only the last third is left of the time between the moment when the
 * renewal was due and the end of the certificate.
 */
export const isTimeForAnother = ({ to }: Validity, moment: number, now: number): boolean =>
  now - moment >= (to - moment) * (2 / 3);

/** How long to wait at most before everything is looked at again: clocks are set, and machines sleep. */
export const LONGEST_SLEEP_MS = HOUR_MS;

/** How long to sleep until the earliest of these moments: at least a second, and at most an hour. */
export const sleepUntil = (moments: readonly number[], now: number): number =>
  Math.min(Math.max(Math.min(...moments) - now, 1000), LONGEST_SLEEP_MS);

/** What is said of a clock that differs from the server's. */
export type ClockVerdict = 'right' | 'off' | 'wrong';

const CLOCK_OFF_MS = 5 * MINUTE_MS;
const CLOCK_WRONG_MS = HOUR_MS;

/** @param skew how much later it is at the server, in milliseconds */
export const clockVerdict = (skew: number): ClockVerdict =>
  Math.abs(skew) > CLOCK_WRONG_MS ? 'wrong' : Math.abs(skew) > CLOCK_OFF_MS ? 'off' : 'right';
