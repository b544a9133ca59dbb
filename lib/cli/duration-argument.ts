import { InvalidArgumentError } from 'commander';
import { durationOf } from '../windows/store/duration.js';

/** A span of time as it was typed, and in milliseconds. */
export interface Duration {
  readonly text: string;
  readonly milliseconds: number;
}

/** A parser for commander: '30d', '12h', '90m', '45s' or '2w'. A number without a unit is refused rather than guessed. */
export function duration(text: string): Duration {
  try {
    return { text, milliseconds: durationOf('time', text) };
  } catch {
    throw new InvalidArgumentError('It must be a number and a unit: 30d, 2w, 12h, 90m or 45s.');
  }
}
