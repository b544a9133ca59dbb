/**
 * The moment that Retry-After names (RFC 9110 §10.2.3): seconds from now on, or a date.
 *
 * @returns null if there is none, or if it can't be read
 */
export function retryAfter(header: string | undefined, now = new Date()): Date | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return new Date(now.getTime() + Number(text) * 1000);
  // Only the forms of HTTP: Date.parse() takes '-5' for a year.
  if (!/^[A-Z][a-z]+, /.test(text)) return null;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : new Date(moment);
}
