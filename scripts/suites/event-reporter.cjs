'use strict';

/**
 * A mocha reporter for a program to read: one line for each event, marked by RFC 7464's record separator, so
 * that whatever a test prints itself can pass between them.
 */
const SEPARATOR = '\u001e';

module.exports = class EventReporter {
  /** @param options `seed`: of a run with several of them, added to each event; `isLast`: false if another follows */
  constructor(runner, { reporterOptions: { seed, isLast = true } = {} } = {}) {
    const root = process.cwd();
    const send = (event) => process.stdout.write(`${SEPARATOR}${JSON.stringify({ ...event, seed })}\n`);
    const about = (test) => ({
      title: test.fullTitle(),
      file: test.file && test.file.startsWith(root) ? test.file.slice(root.length + 1) : test.file,
    });
    runner.on('start', () => send({ type: 'begin' }));
    runner.on('test', (test) => send({ type: 'start', ...about(test) }));
    runner.on('pass', (test) => send({ type: 'pass', ...about(test), ms: test.duration }));
    runner.on('fail', (test, error) => send({ type: 'fail', ...about(test), error: describe(error) }));
    runner.on('pending', (test) => send({ type: 'skip', ...about(test), reason: reasonOf(test) }));
    if (isLast) runner.on('end', () => send({ type: 'end' }));
  }
};

/** The reason lies where `skip()` of test/support/skip.ts left it: on the test or on a suite around it. */
function reasonOf(test) {
  for (let at = test; at; at = at.parent) if (typeof at.skipReason === 'string') return at.skipReason;
  return null;
}

function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const details = ['code', 'status', 'statusName', 'syscall', 'phase', 'expected', 'actual']
    .filter((key) => error[key] !== undefined && error[key] !== null)
    .map((key) => `${key}: ${shorten(error[key])}`);
  const cause = error.cause === undefined ? [] : [`cause: ${describe(error.cause)}`];
  return [error.stack || String(error), ...details, ...cause].join('\n');
}

function shorten(value) {
  const text = typeof value === 'string' ? value : require('node:util').inspect(value, { depth: 3 });
  return text.length > 2000 ? `${text.slice(0, 2000)} … (${text.length} characters)` : text;
}
