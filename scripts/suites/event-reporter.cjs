'use strict';

const { readFileSync } = require('node:fs');
const { SourceMap } = require('node:module');
const path = require('node:path');

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
  return [inSources(error.stack || String(error)), ...details, ...cause].join('\n');
}

/** The file, line and column that a line of a stack ends with. */
const PLACE = /(\(|at (?:async )?)((?:[A-Za-z]:)?[^():\n]+\.c?js):(\d+):(\d+)/g;

/**
 * A stack with places in TypeScript. With `--enable-source-maps`, Node would read the map of each module and look up
 * each error that a test expects; only failures need it.
 */
function inSources(stack) {
  return stack.replace(PLACE, (place, before, file, line, column) => {
    const { originalSource, originalLine, originalColumn } =
      mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1) ?? {};
    if (originalSource === undefined) return place;
    const source = path.resolve(path.dirname(file), originalSource);
    return `${before}${source}:${originalLine + 1}:${originalColumn + 1}`;
  });
}

function mapOf(file) {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  } catch {
    return undefined; // It was not compiled.
  }
}

function shorten(value) {
  const text = typeof value === 'string' ? value : require('node:util').inspect(value, { depth: 3 });
  return text.length > 2000 ? `${text.slice(0, 2000)} … (${text.length} characters)` : text;
}
