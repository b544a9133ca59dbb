/** What is counted, and how the tables call it. */
export const UNITS = {
  crossings: 'calls into the add-on',
  trips: 'worker trips',
  wakes: 'wake-ups of the event loop',
  writes: 'writes of the stream',
  sent: 'bytes written to the stream',
  copied: 'bytes copied',
  buffers: 'buffers made',
  memory: 'bytes of new buffers',
  allocations: 'native allocations',
  allocated: 'bytes of native allocations',
  promises: 'promises',
  ticks: 'ticks',
  heap: 'bytes of JavaScript objects',
};

/** What V8 keeps beside the objects depends on when it compiles: on a busy machine it was a fifth less. */
export const isExact = (unit) => unit !== 'heap';

const SSPI = 'sspi.';

/** @param {string} unit */
export const titleOf = (unit) => UNITS[unit] ?? unit.slice(SSPI.length);

/** The calls of SSPI in the figures of a path, by their names. */
export const sspiCalls = (figures) =>
  Object.entries(figures)
    .filter(([unit]) => unit.startsWith(SSPI))
    .map(([unit, count]) => [titleOf(unit), count]);
