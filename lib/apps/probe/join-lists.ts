import type { Choice } from './eliminate.js';
import type { Refusal, VersionReport } from './report.js';

/** A suite that was chosen, with the group that the same message had. */
export interface ChosenSuite {
  readonly suite: number;
  readonly group: number | null;
}

/** What a server has of several lists, as one. */
export interface JoinedLists {
  /** In the server's order if it has one, otherwise in that of the offer. */
  readonly suites: readonly ChosenSuite[];
  /** Who chooses among suites; null with fewer than two, or if it is unsure. */
  readonly order: VersionReport['order'];
  /** Why the order is unsure; null if it is not. */
  readonly doubt: Refusal | null;
}

type Choose = (suites: readonly number[]) => Promise<Choice<ChosenSuite>>;

/** The order is unsure. */
class Doubt extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}

/**
 * Joins what a server has of each list, and finds out whose order it is.
 *
 * @param offered the lists, as they were offered
 * @param found what the server chose of each, in the order of its choices
 */
export async function joinLists(
  offered: readonly (readonly number[])[],
  found: readonly (readonly ChosenSuite[])[],
  choose: Choose,
): Promise<JoinedLists> {
  const suites = found.flat();
  if (suites.length < 2) return { suites, order: null, doubt: null };
  try {
    if (await followsClient(offered, found, choose)) return { suites, order: 'client', doubt: null };
    let joined: readonly ChosenSuite[] = [];
    for (const list of found) joined = await joinTwo(joined, list, choose);
    return { suites: joined, order: 'server', doubt: null };
  } catch (error) {
    if (!(error instanceof Doubt)) throw error;
    return { suites, order: null, doubt: error.refusal };
  }
}

/** Whether the server takes what the client prefers. */
async function followsClient(
  offered: readonly (readonly number[])[],
  found: readonly (readonly ChosenSuite[])[],
  choose: Choose,
): Promise<boolean> {
  const hasOwnOrder = found.some((list, index) =>
    list.some(({ suite }, place) => {
      const before = list[place - 1]?.suite;
      const order = offered[index] ?? [];
      return before !== undefined && order.indexOf(before) > order.indexOf(suite);
    }),
  );
  if (hasOwnOrder) return false;
  // So far, it was the order of the client. A server with its own order chooses the first one again.
  const longest = [...found].sort((one, other) => other.length - one.length)[0] ?? [];
  const [first, last] = longest.length > 1 ? [longest[0], longest.at(-1)] : found.flat();
  if (first === undefined || last === undefined) return false;
  if ((await preferred(choose, last, first)) === first) return false;
  return longest.length > 1 || (await preferred(choose, first, last)) === first;
}

/** Which of two the server takes if the first one is offered first. */
async function preferred(choose: Choose, one: ChosenSuite, other: ChosenSuite): Promise<ChosenSuite> {
  const choice = await choose([one.suite, other.suite]);
  if ('refusal' in choice) throw new Doubt({ ...choice.refusal, kind: 'unsure' });
  return choice.number === one.suite ? one : other;
}

/**
 * If the server prefers the last one of a list to the first one of the next, which one connection shows, they only have
 * to be joined. Otherwise the places of the shorter one are found in the longer one.
 */
async function joinTwo(
  one: readonly ChosenSuite[],
  other: readonly ChosenSuite[],
  choose: Choose,
): Promise<readonly ChosenSuite[]> {
  const last = one.at(-1);
  const [next] = other;
  if (last === undefined || next === undefined) return [...one, ...other];
  if ((await preferred(choose, next, last)) === last) return [...one, ...other];
  return one.length < other.length ? placeIn(other, one, choose) : placeIn(one, other, choose);
}

/** Finds the place of the middle one by halves, and then of those on both sides of it at the same time. */
async function placeIn(
  list: readonly ChosenSuite[],
  others: readonly ChosenSuite[],
  choose: Choose,
): Promise<readonly ChosenSuite[]> {
  const half = others.length >> 1;
  const middle = others[half];
  if (list.length === 0 || middle === undefined) return [...list, ...others];
  const place = await placeOf(list, middle, choose);
  const [before, after] = await Promise.all([
    placeIn(list.slice(0, place), others.slice(0, half), choose),
    placeIn(list.slice(place), others.slice(half + 1), choose),
  ]);
  return [...before, middle, ...after];
}

/** How many of a list the server prefers. */
async function placeOf(list: readonly ChosenSuite[], suite: ChosenSuite, choose: Choose): Promise<number> {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const rival = list[middle];
    if (rival === undefined) break;
    if ((await preferred(choose, suite, rival)) === suite) to = middle;
    else from = middle + 1;
  }
  return from;
}
