import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { releaseUnusedResources } from 'schannel';
import { fixture } from '../support/child.js';
import { clientBelowIntermediate } from '../support/identity-material.js';
import { IdentityWork, WORKS, type Work, type WorkMaterial } from '../support/identity-work.js';
import { numbersFrom } from '../support/mutations.js';
import { handlesBackTo, settledCounts } from '../support/native-store.js';
import { turn } from '../support/patience.js';
import { onWine } from '../support/windows.js';
import { type Inventory, inventory } from '../support/windows-inventory.js';
import { cells, growth, level, LEVEL_HEADS, type Level } from './level.js';
import { inLanes, nth, type Output } from './part.js';

export interface KilledOptions {
  /** Pieces of work in all. */
  readonly count: number;
  /** Pieces that a process does on average before it is killed. */
  readonly mean: number;
  /** How often memory is looked at, and what Windows has. */
  readonly samples: number;
  readonly seed: number;
}

/** Processes that work at a time, beside this one, which lives on. */
const LANES = 2;

/**
 * Processes that put identities into Windows, each killed at some moment, until a last one has swept behind them.
 * @returns what was wrong
 */
export async function killed(
  { count, mean, samples, seed }: KilledOptions,
  { say, table }: Output,
): Promise<string[]> {
  const faults: string[] = [];
  const below = numbersFrom(seed);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-killed-'));
  const done = new Map<Work, number>(WORKS.map((work) => [work, 0]));
  const tally = (work: Work): void => void done.set(work, (done.get(work) ?? 0) + 1);
  const total = (): number => [...done.values()].reduce((sum, each) => sum + each, 0);
  try {
    const materials = await materialsFor(folder, LANES + 1, seed);
    const files = materials.map((material, lane) => {
      const file = path.join(folder, `material-${lane}.json`);
      writeFileSync(file, JSON.stringify(material));
      return file;
    });
    const survivor = new IdentityWork(nth(materials, LANES));
    // Once each, for what is created once.
    for (const work of WORKS) await survivor[work]();
    await releaseUnusedResources();
    const handles = await settledCounts();
    const before = await traces(folder);
    const rows: string[][] = [];
    const levels: Level[] = [];
    let kills = 0;
    let theirs = 0;
    /** What the living process does: as much as each of the others. */
    let mine = Promise.resolve();
    const add = (work: Work): void => {
      tally(work);
      theirs += 1;
      if (theirs % LANES === 0) mine = mine.then(async () => tally(await survivor.step()));
    };
    const litter = { keys: 0, CA: 0, files: 0 };
    const note = async (): Promise<void> => {
      const now = await level();
      levels.push(now);
      rows.push([String(total()), String(kills), ...cells(now)]);
      const { keys, CA, files: there } = await traces(folder);
      litter.keys = Math.max(litter.keys, keys.length - before.keys.length);
      litter.CA = Math.max(litter.CA, CA.length - before.CA.length);
      litter.files = Math.max(litter.files, there.length - before.files.length);
      say(
        `${total()} of ${count}, ${kills} killed; there are ${keys.length} keys, ${CA.length} entries, ${there.length} files`,
      );
    };
    await note();
    for (let sample = 1; sample <= samples; sample += 1) {
      const goal = Math.floor((count * sample) / samples);
      await inLanes(LANES, LANES, async (lane) => {
        while (total() < goal) {
          await run(files[lane] ?? '', { pieces: below(2 * mean), turns: below(10), add });
          kills += 1;
        }
      });
      await mine;
      await note();
    }
    // One after the other, each does every kind of work to its end, and so finds all that was left.
    for (const file of files.slice(0, LANES))
      await run(file, { pieces: Infinity, turns: 0, add: tally }, '0');
    await survivor.import();
    await handlesBackTo(handles, releaseUnusedResources);
    const after = await traces(folder);
    rows.push([`${total()}, swept`, String(kills), ...cells(await level())]);
    table(`${count} leases and imports; the living process`, ['pieces', 'killed', ...LEVEL_HEADS], rows);
    table(
      'what Windows has',
      ['', 'before', 'most, beside it', 'after'],
      (['keys', 'MY', 'CA', 'files'] as const).map((kind) => [
        kind,
        String(before[kind].length),
        kind === 'MY' ? '' : String(litter[kind]),
        String(after[kind].length),
      ]),
    );
    table(
      'pieces of work that ended',
      ['kind', 'count'],
      [...done].map(([work, times]) => [work, String(times)]),
    );
    for (const kind of ['keys', 'MY', 'CA', 'files'] as const) {
      const left = after[kind].filter((each) => !before[kind].includes(each));
      if (left.length > 0) faults.push(`${left.length} ${kind} are left: ${left.slice(0, 5).join(', ')}`);
      const lost = before[kind].filter((each) => !after[kind].includes(each));
      if (lost.length > 0) faults.push(`${lost.length} ${kind} are gone: ${lost.slice(0, 5).join(', ')}`);
    }
    const [first, last] = [levels[2], levels.at(-1)];
    if (first !== undefined && last !== undefined) faults.push(...growth(first, last));
  } finally {
    await rm(folder, { recursive: true });
  }
  return faults;
}

/** Everything that a process can leave behind. */
interface Traces extends Inventory {
  readonly files: readonly string[];
}

async function traces(folder: string): Promise<Traces> {
  return { ...(await inventory()), files: [...filesIn(folder), ...filesIn(os.tmpdir()), ...keyFiles()] };
}

/** Where Windows keeps the keys of this user and the certificates of CurrentUser; Wine has both in its registry. */
const keyFiles = (): string[] =>
  ['Crypto', 'SystemCertificates'].flatMap((name) =>
    filesIn(path.join(process.env['APPDATA'] ?? '', 'Microsoft', name), true),
  );

const filesIn = (folder: string, recursive = false): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => path.join(parentPath, name))
    : [];

interface Run {
  /** After so many it is killed, in the middle of the next one. */
  readonly pieces: number;
  /** Turns of the event loop between the two. */
  readonly turns: number;
  /** Gets each piece of work that ended. */
  add(work: Work): void;
}

/** Has a process work. @throws Error if it ends by itself and should not, or badly */
async function run(file: string, { pieces, turns, add }: Run, ...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [fixture('identity-worker'), file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  let told = -1;
  createInterface(child.stdout).on('line', (line) => {
    // What it had said when it was killed still comes.
    if (line !== 'ready') add(line as Work);
    told += 1;
    if (told !== pieces) return;
    void (async () => {
      for (let left = turns; left > 0; left -= 1) await turn();
      child.kill('SIGKILL');
    })();
  });
  const [code] = await ended;
  if (told >= pieces || (pieces === Infinity && code === 0)) return;
  throw new Error(`a process ended with ${String(code)} after ${told} pieces: ${complaint}`);
}

async function materialsFor(folder: string, count: number, seed: number): Promise<WorkMaterial[]> {
  const shared = await clientBelowIntermediate('schannel endurance');
  const modern = onWine() ? null : await clientBelowIntermediate('schannel endurance, EC', 'ec');
  return Promise.all(
    Array.from({ length: count }, async (_, lane) => ({
      ...{ shared, modern, folder, seed: seed + lane },
      own: await clientBelowIntermediate(`schannel endurance ${lane}`),
    })),
  );
}
