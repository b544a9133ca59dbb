import { InvalidArgumentError } from 'commander';

/** A span of time as it was typed, and in milliseconds. */
export interface Duration {
  readonly text: string;
  readonly milliseconds: number;
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** A parser for commander: '30d', '12h', '90m', '45s' or '2w'. A number without a unit is refused rather than guessed. */
export function duration(text: string): Duration {
  const [, digits, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined || Number(digits) === 0) {
    throw new InvalidArgumentError('It must be a number and a unit: 30d, 2w, 12h, 90m or 45s.');
  }
  return { text, milliseconds: Number(digits) * UNITS[unit as keyof typeof UNITS] };
}
