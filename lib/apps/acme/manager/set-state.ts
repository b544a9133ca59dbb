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

/** What has to be done after a certificate was placed, and has not succeeded yet. */
export interface PendingHooks {
  /** SHA-1 of the certificate, and of the one before it. */
  readonly thumbprint: string;
  readonly former: string | null;
  /** Whether bindings of http.sys show it already. */
  readonly moved?: boolean;
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
  /** Before this moment, the certificate is not renewed again; null if nothing holds that up. */
  readonly restUntil: number | null;
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
  restUntil: null,
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
  // The first version that wrote this file had no such member.
  const all: JsonObject = { restUntil: null, ...members };
  const isWhole = Object.entries(MEMBERS).every(([name, isRight]) => isRight(all[name]));
  return isWhole ? { ...state, ...all } : 'damaged';
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
      moved: (value) => value === undefined || typeof value === 'boolean',
      done: isCount,
      failures: isCount,
      nextTry: isTime,
      error: orNull(isText),
    }),
  ),
  restUntil: orNull(isTime),
};

const DAY_MS = 86_400_000;
/** The longest that is waited for anything. Let's Encrypt counts certificates over a week. */
export const LONGEST_LIMIT_MS = 7 * DAY_MS;
/** A day, and the tenth by which attempts differ. */
const LONGEST_RETRY_MS = 1.1 * DAY_MS;

/**
 * The state without moments that are too far away. They were written while the clock was ahead: once it is right again,
 * nobody should have to wait for them.
 */
export function withoutFarMoments(state: SetState, now: number): SetState {
  const near = (moment: number | null, most: number): number | null =>
    moment !== null && moment > now + most ? null : moment;
  const entries = (times: SetState['limited']): [string, number][] => Object.entries(times);
  const limited = entries(state.limited).filter(([, until]) => until <= now + LONGEST_LIMIT_MS);
  const longest = Math.max(LONGEST_RETRY_MS, ...limited.map(([, until]) => until - now));
  const { hooks } = state;
  return {
    ...state,
    askAgain: near(state.askAgain, DAY_MS),
    nextTry: near(state.nextTry, longest),
    restUntil: near(state.restUntil, DAY_MS),
    limited: Object.fromEntries(limited),
    failingNames: Object.fromEntries(
      entries(state.failingNames).map(([name, since]) => [name, Math.min(since, now)]),
    ),
    hooks: hooks === null ? null : { ...hooks, nextTry: near(hooks.nextTry, LONGEST_RETRY_MS) ?? now },
  };
}
