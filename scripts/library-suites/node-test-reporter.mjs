/** A reporter of node:test that writes the lines of scripts/suites/event-reporter.cjs. */
const VERDICTS = { 'test:pass': 'pass', 'test:fail': 'fail' };

export default async function* report(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
      yield line({ type: 'start', title: names.join(' ') });
    }
    if (!Object.hasOwn(VERDICTS, type) || data.details.type === 'suite') continue;
    const title = [...names.slice(0, data.nesting), data.name].join(' ');
    const wasRun = data.skip === undefined && data.todo === undefined;
    yield line({ type: wasRun ? VERDICTS[type] : 'skip', title, error: describe(data.details.error) });
  }
  yield line({ type: 'end' });
}

// The first line of a test may follow on what the test itself has printed.
const line = (event) => `\n\u001e${JSON.stringify(event)}\n`;

const describe = (error) => error && String((error.cause ?? error).stack ?? error);
