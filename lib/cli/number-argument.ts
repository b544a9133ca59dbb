import { InvalidArgumentError } from 'commander';
import { LONGEST_TIMER } from '../base/async/clock.js';

/** A parser for commander: a whole number in a range. */
export const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= from && number <= to) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };

export const portNumber = wholeNumber(1, 65_535);

/** Seconds of --timeout: as many as a timer can hold. */
export const seconds = wholeNumber(1, Math.floor(LONGEST_TIMER / 1000));
