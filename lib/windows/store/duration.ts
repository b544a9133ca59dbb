import { argumentError } from '../../base/errors/argument-error.js';

/** Milliseconds, or a number with a unit: '45s', '90m', '12h', '30d', '2w'. */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** @returns milliseconds @throws TypeError ERR_INVALID_ARG_VALUE */
export function durationOf(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  const [, digits, unit] = typeof value === 'string' ? (/^(\d{1,6})([smhdw])$/.exec(value) ?? []) : [];
  const milliseconds = UNITS[unit ?? ''];
  if (digits !== undefined && milliseconds !== undefined) return Number(digits) * milliseconds;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' must be milliseconds, or a number with a unit such as '30d', '2w' or '12h'. Received ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`,
  );
}
