import type { Style } from './rows.js';

const DAY = 86_400_000;

/** A certificate with less time left needs attention: by then it should have been renewed. */
const SOON = 30 * DAY;

/** A span of time in milliseconds since 1970; NaN for a date that cannot be read. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** '29 days left', 'less than a day left', 'expired 1 day ago', 'starts in 2 days'. */
export function describeTimeLeft({ from, to }: Span, now: number): string {
  if (Number.isNaN(from) || Number.isNaN(to)) return 'unknown';
  if (now < from) return `starts in ${days(from - now)}`;
  if (now > to) return `expired ${days(now - to)} ago`;
  return `${days(to - now)} left`;
}

/** The text, red if the certificate is not valid, and yellow if it expires soon. */
export function markUrgency(text: string, { from, to }: Span, now: number, style: Style): string {
  if (!(from <= now && now <= to)) return style.bad(text);
  return to - now < SOON ? style.warn(text) : text;
}

function days(span: number): string {
  const count = Math.floor(span / DAY);
  if (count === 0) return 'less than a day';
  return `${count} ${count === 1 ? 'day' : 'days'}`;
}

/** '2026-01-01 to 2026-04-01, 29 days left'. */
export const describeValidity = (span: Span, now: number): string =>
  `${dayOf(span.from)} to ${dayOf(span.to)}, ${describeTimeLeft(span, now)}`;

/** '2026-04-01', in UTC; '?' for a date that cannot be read. */
export const dayOf = (moment: number): string =>
  Number.isNaN(moment) ? '?' : new Date(moment).toISOString().slice(0, 10);
