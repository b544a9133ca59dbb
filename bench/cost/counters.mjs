/**
 * Counts the work of the library from outside: of the add-on by wrapping its functions, of SSPI by the double
 * (test/double/work.h), of JavaScript by hooks of V8 and by wrapping the functions that make or fill buffers.
 * Nothing in lib/ or native/ counts. It has to be installed before the library is used, in a separate process.
 */
import { createHook } from 'node:async_hooks';
import { promiseHooks } from 'node:v8';

/** Handles whose release waits for a worker even if nobody asked to be called back. */
const RELEASED_ON_WORKERS = ['Session', 'Credential'];

/** @typedef {Record<string, number>} Counts by unit */

/** What JavaScript and the wrapped functions have counted. @type {Counts} */
const counts = {
  crossings: 0,
  trips: 0,
  wakes: 0,
  promises: 0,
  ticks: 0,
  copied: 0,
  buffers: 0,
  memory: 0,
};
/** Worker trips that have not called back. */
let underWay = 0;
/** Whether the harness itself works. */
let paused = 0;

/** Work that is not the library's. */
export function uncounted(work) {
  paused++;
  try {
    return work();
  } finally {
    paused--;
  }
}

/** Whether no worker has anything to do that the event loop waits for. */
export const isIdle = () => underWay === 0;

/**
 * @param {object} addon what native() returns
 * @returns {() => Counts} reads everything that was counted since the process began
 */
export function install(addon) {
  countCrossings(addon);
  countBuffers();
  promiseHooks.onInit(() => void (paused === 0 && counts.promises++));
  createHook({
    init: (_, type) => void (paused === 0 && type === 'TickObject' && counts.ticks++),
  }).enable();
  return () => {
    const work = addon.double.work();
    const calls = Object.entries(work.calls).map(([name, count]) => [`sspi.${name}`, count]);
    return {
      ...counts,
      copied: counts.copied + work.copied,
      allocations: work.allocations,
      allocated: work.allocated,
      ...Object.fromEntries(calls),
    };
  };
}

const counted = new WeakSet();

/** Wraps the functions of the add-on, and later those of the objects that they return. */
function countCrossings(object) {
  if (counted.has(object)) return;
  counted.add(object);
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (typeof value === 'function' && name !== 'constructor' && name !== 'handleCounts')
      object[name] = crossing(name, value);
  }
}

function crossing(name, call) {
  return function (...given) {
    counts.crossings++;
    const callback = given.at(-1);
    const comesBack = typeof callback === 'function';
    if (comesBack || (name === 'close' && RELEASED_ON_WORKERS.includes(this.constructor.name)))
      counts.trips++;
    if (comesBack) {
      underWay++;
      given[given.length - 1] = (outcome) => {
        underWay--;
        counts.wakes++;
        receive(outcome);
        callback(outcome);
      };
    }
    const result = call.apply(this, given);
    receive(result);
    return result;
  };
}

/** Looks through what the add-on returned: new memory, and objects with functions. */
function receive(value) {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    made(value.byteLength);
    copied(value.byteLength); // from native memory
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && !Array.isArray(value)) {
    countCrossings(prototype);
    return;
  }
  for (const part of Object.values(value)) receive(part);
}

function made(size) {
  if (paused > 0) return;
  counts.buffers++;
  counts.memory += size;
}

function copied(size) {
  if (paused === 0) counts.copied += size;
}

/** Node itself uses the originals. */
function countBuffers() {
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow']) wrap(Buffer, name, (size) => made(size));
  wrap(Buffer, 'from', (source, _, length) => {
    if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return;
    const size = typeof source === 'string' ? Buffer.byteLength(source) : (length ?? source.length);
    made(size);
    copied(size);
  });
  wrap(Buffer, 'concat', (list) => {
    const size = list.reduce((sum, { length }) => sum + length, 0);
    made(size);
    copied(size);
  });
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
  wrap(typedArray, 'set', (source) => copied(source.length));
  wrap(typedArray, 'copyWithin', (_, start = 0, end = 0) => copied(Math.max(0, end - start)));
  wrap(Buffer.prototype, 'copy', (target, at = 0, start = 0, end = Infinity) =>
    copied(Math.min(target.length - at, end - start)),
  );
}

function wrap(holder, name, note) {
  const original = holder[name];
  holder[name] = function (...given) {
    // What one of these functions does by another one is counted once.
    note.apply(this, given);
    return uncounted(() => original.apply(this, given));
  };
}
