import { objectOf, type JsonObject } from '../http/json.js';
import type { RenewalWindow } from './schedule.js';

/** What went wrong the last time, for people. */
export interface Failure {
  readonly at: number;
  readonly code: string;
  readonly text: string;
  /** The names that the authority could not confirm; empty if it was something else. */
  readonly names: readonly string[];
}

/** A program that has to run after a certificate was placed, and has not succeeded yet. */
export interface PendingHooks {
  /** SHA-1 of the certificate, and of the one before it. */
  readonly thumbprint: string;
  readonly former: string | null;
  /** How many programs of the list have succeeded. */
  readonly done: number;
  readonly failures: number;
  readonly nextTry: number;
  readonly error: string | null;
}

/**
 * What is remembered of a set of names. The certificate itself is not in it: the store says which there is. Times are
 * in milliseconds since 1970.
 */
export interface SetState {
  /** For people who read the file. */
  readonly names: readonly string[];
  /** SHA-256 of the certificate that the times of this state are about; null if there is none. */
  readonly certificate: string | null;
  /** When it is renewed if the server suggests nothing. */
  readonly byLifetime: number | null;
  readonly window: RenewalWindow | null;
  /** When the server is asked again for its window; null for as soon as possible. */
  readonly askAgain: number | null;
  /** Failures in a row. */
  readonly failures: number;
  readonly nextTry: number | null;
  readonly lastFailure: Failure | null;
  /** Until when servers accept no more orders, by the URL of their directory. */
  readonly limited: Readonly<Record<string, number>>;
  /** Since when each of these names fails. */
  readonly failingNames: Readonly<Record<string, number>>;
  readonly hooks: PendingHooks | null;
}

/** Of a set for which nothing was done yet. */
export const newState = (names: readonly string[]): SetState => ({
  names,
  certificate: null,
  byLifetime: null,
  window: null,
  askAgain: null,
  failures: 0,
  nextTry: null,
  lastFailure: null,
  limited: {},
  failingNames: {},
  hooks: null,
});

/** The version that this program writes, and the only one that it reads. */
const VERSION = 1;

export const writeState = (state: SetState): string =>
  `${JSON.stringify({ version: VERSION, ...state }, null, 2)}\n`;

/** 'newer': a later version of this program wrote it. 'damaged': it is not what was written. */
export function readState(text: string): SetState | 'newer' | 'damaged' {
  let document: JsonObject | null;
  try {
    document = objectOf(JSON.parse(text));
  } catch {
    return 'damaged';
  }
  if (document === null) return 'damaged';
  const { version, ...members } = document;
  if (typeof version === 'number' && version > VERSION) return 'newer';
  if (version !== VERSION) return 'damaged';
  const state = newState([]);
  const isWhole = Object.entries(MEMBERS).every(([name, isRight]) => isRight(members[name]));
  return isWhole ? { ...state, ...members } : 'damaged';
}

type Test = (value: unknown) => boolean;

const isTime: Test = (value) => Number.isSafeInteger(value);
const isText: Test = (value) => typeof value === 'string';
const isCount: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isHash: Test = (value) => isText(value) && /^[0-9A-F]{40}(?:[0-9A-F]{24})?$/.test(String(value));
const isList =
  (isItem: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(isItem);
const orNull =
  (isRight: Test): Test =>
  (value) =>
    value === null || isRight(value);
const isObject =
  (members: Readonly<Record<string, Test>>): Test =>
  (value) => {
    const object = objectOf(value);
    return object !== null && Object.entries(members).every(([name, isRight]) => isRight(object[name]));
  };

const isTimes: Test = (value) => Object.values(objectOf(value) ?? { none: null }).every(isTime);

const MEMBERS: Readonly<Record<keyof SetState, Test>> = {
  names: isList(isText),
  certificate: orNull(isHash),
  byLifetime: orNull(isTime),
  window: orNull(isObject({ start: isTime, end: isTime, moment: isTime, explanation: orNull(isText) })),
  askAgain: orNull(isTime),
  failures: isCount,
  nextTry: orNull(isTime),
  lastFailure: orNull(isObject({ at: isTime, code: isText, text: isText, names: isList(isText) })),
  limited: isTimes,
  failingNames: isTimes,
  hooks: orNull(
    isObject({
      thumbprint: isHash,
      former: orNull(isHash),
      done: isCount,
      failures: isCount,
      nextTry: isTime,
      error: orNull(isText),
    }),
  ),
};
