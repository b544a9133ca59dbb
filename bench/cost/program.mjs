/**
 * Counts all paths and prints their figures as JSON. It runs in a Windows node whose add-on has the double
 * (test/double/preload.cjs), in which every answer is fixed.
 */
import { X509Certificate } from 'node:crypto';
import { GCProfiler } from 'node:v8';
import { fillOwnStore, ownStoreName, removeOwnStore } from '../own-store.mjs';
import { IDENTITY } from './count.mjs';
import { install } from './counters.mjs';
import { Line } from './line.mjs';
import { CERTIFICATES, PATHS } from './paths.mjs';

// What the library shares for a moment depends on the time, which must not depend on the machine.
const clock = { now: Date.now() };
Date.now = () => clock.now;

const { native } = await import('#lib/native/load.js');
const addon = native();
const read = install(addon);
const identity = JSON.parse(process.env[IDENTITY]);
const store = ownStoreName();
await fillOwnStore(store, new X509Certificate(identity.cert).raw, CERTIFICATES);
const world = {
  identity,
  store,
  clock,
  schannel: await import('schannel'),
  stores: await import('schannel/store'),
};

const RUNS = 4;
const LEAST = ['allocations', 'allocated', 'heap'];

const turn = () => new Promise((resolve) => void setImmediate(resolve));

/** Contexts that were given up are deleted by workers. */
async function contextsDeleted(open) {
  while (addon.handleCounts().contexts > open) await turn();
}

/** The work of one path: for each unit, how much one run takes. */
async function count(path) {
  const open = addon.handleCounts().contexts;
  const stage = await path.open(world);
  const within = addon.handleCounts().contexts;
  const runs = [];
  for (let run = 0; run <= RUNS; run++) {
    const counts = await countRun(stage);
    if (run > 0) runs.push(counts); // the first one is the rehearsal
    await stage.reset?.();
    await contextsDeleted(within);
  }
  await stage.close();
  await contextsDeleted(open);
  const figures = merge(runs);
  // The other end takes part in a handshake, and in which ticks it does so depends on the moment.
  if (path.bytes === undefined) {
    delete figures.ticks;
    delete figures.heap;
  }
  return figures;
}

/**
 * It begins in a separate turn, because what waits for it makes promises as well.
 *
 * @returns {Promise<import('./counters.mjs').Counts>}
 */
function countRun(stage) {
  return new Promise((resolve) => {
    setImmediate(() => {
      const line = stage.line;
      const growth = watchHeap();
      const before = { ...read(), ...line?.counts };
      stage.run(() => {
        const after = { heap: growth(), ...read(), ...stage.line?.counts };
        // Some paths have a new line in each run.
        const base = stage.line === line ? before : { ...before, ...new Line().counts };
        resolve(
          Object.fromEntries(Object.entries(after).map(([unit, count]) => [unit, count - (base[unit] ?? 0)])),
        );
      });
    });
  });
}

/** @returns {() => number} how many bytes the heap has grown since; Infinity if something was collected meanwhile */
function watchHeap() {
  globalThis.gc();
  const collections = new GCProfiler();
  collections.start();
  const before = process.memoryUsage().heapUsed;
  return () => {
    const after = process.memoryUsage().heapUsed;
    return collections.stop().statistics.length === 0 ? after - before : Infinity;
  };
}

/**
 * The mean of all runs, since memory that is cut from large pieces is not new in each. Of native allocations the least,
 * since queues of the add-on need a new block now and then. So of the heap, where V8 keeps what it has compiled.
 */
function merge(runs) {
  const figures = {};
  for (const unit of Object.keys(runs[0])) {
    const counts = runs.map((run) => run[unit]);
    const figure = LEAST.includes(unit) ? Math.min(...counts) : counts.reduce((sum, n) => sum + n, 0) / RUNS;
    if (figure !== 0) figures[unit] = figure;
  }
  return figures;
}

const figures = {};
for (const path of PATHS) figures[path.name] = await count(path);
await removeOwnStore(store);
const violations = addon.double.violations();
if (violations.length > 0) throw new Error(violations.join('\n'));
console.log(JSON.stringify(figures));
