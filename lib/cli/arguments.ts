import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { LONGEST_TIMER_MS } from '../base/async/clock.js';
import { toError } from '../base/errors/to-error.js';
import { durationOf } from '../windows/store/duration.js';
import type { InputStream } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Parsers for the arguments and options of commander, and readers of the files that they name. */

/** A whole number in a range. */
export const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= from && number <= to) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };

export const portNumber = wholeNumber(1, 65_535);

/** Seconds of --timeout: as many as a timer can hold. */
export const seconds = wholeNumber(1, Math.floor(LONGEST_TIMER_MS / 1000));

/** A span of time as it was typed, and in milliseconds. */
export interface Duration {
  readonly text: string;
  readonly milliseconds: number;
}

/** '30d', '12h', '90m', '45s' or '2w'. A number without a unit is refused rather than guessed. */
export function duration(text: string): Duration {
  try {
    return { text, milliseconds: durationOf('time', text) };
  } catch {
    throw new InvalidArgumentError('It must be a number and a unit: 30d, 2w, 12h, 90m or 45s.');
  }
}

/** The content of a file that an option names. @throws {UsageError} */
export function readInput(path: string, option: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${option}: ${toError(error).message}`);
  }
}

/**
 * The text of an option: as given, the content of a file ('@name'), or standard input ('-'). A text that starts with
 * an @ is written with two.
 * @returns undefined for an option that was not given
 */
export async function readText(
  value: string | undefined,
  option: string,
  stdin: InputStream,
): Promise<string | undefined> {
  if (value === '-') return Buffer.concat((await stdin.toArray()) as Buffer[]).toString('utf8');
  if (value?.startsWith('@@')) return value.slice(1);
  return value?.startsWith('@') ? readInput(value.slice(1), option).toString('utf8') : value;
}
