import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { drawSuites } from '../../scripts/draw-library-suites.mjs';
import { EXPECTED } from '../../scripts/library-suites/expected.mjs';
import { FileResults, countsOf, differences, surprises } from '../../scripts/library-suites/results.mjs';
import report from '../../scripts/library-suites/node-test-reporter.mjs';
import { given } from '../../scripts/library-suites/sources.mjs';
import { SUITES } from '../../scripts/library-suites/suites.mjs';

const line = (event) => `\u001e${JSON.stringify(event)}`;
const passed = (id) => ({ id, verdict: 'passed', detail: '' });
const failed = (id) => ({ id, verdict: 'failed', detail: `${id} broke` });

describe("libraries' own tests", () => {
  it('are of the libraries in the list, with counts that fit the differences', () => {
    assert.deepEqual(Object.keys(EXPECTED).sort(), SUITES.map(({ library }) => library).sort());
    for (const { library, files, needs } of SUITES) {
      assert.ok(files.length > 0, library);
      for (const need of needs) assert.match(need, /^[\w.@/-]+@\d+\.\d+\.\d+$/);
      const { baseline, register, differences: known } = EXPECTED[library];
      const changed = register[1] - baseline[1];
      assert.ok(Math.abs(changed) <= Object.keys(known).length, library);
      for (const [id, why] of Object.entries(known)) {
        assert.ok(
          files.some((file) => id === file || id.startsWith(`${file}: `)),
          id,
        );
        assert.match(why, /\S/);
      }
    }
  });

  it('are read from what mocha reports, between what they print', () => {
    const results = new FileResults('a.js');
    for (const text of [
      'printed',
      line({ type: 'begin' }),
      line({ type: 'start', title: 'one' }),
      `no end of line${line({ type: 'pass', title: 'one' })}`,
      line({ type: 'pass', title: 'one' }),
      line({ type: 'fail', title: 'two', error: 'broke' }),
      line({ type: 'skip', title: 'three', reason: null }),
      line({ type: 'end' }),
      line({ type: 'secured', count: 3 }),
      line({ type: 'secured', count: 2 }),
    ])
      results.read(text);
    results.endOfTests('it ended with code 1');
    assert.deepEqual(results.tests, [
      passed('a.js: one'),
      passed('a.js: one (2)'),
      { id: 'a.js: two', verdict: 'failed', detail: 'broke' },
      { id: 'a.js: three', verdict: 'skipped', detail: '' },
    ]);
    assert.equal(results.secured, 5);
    assert.deepEqual(countsOf(results.tests), [2, 1]);
  });

  it('are not all run if the process ends in the middle of one, or before the first', () => {
    const cut = new FileResults('a.js');
    for (const text of [line({ type: 'start', title: 'one' }), 'last words']) cut.read(text);
    cut.endOfTests('it ran for more than 1 s');
    const detail = 'it ran for more than 1 s\nlast words';
    assert.deepEqual(cut.tests, [{ id: 'a.js: one', verdict: 'failed', detail }]);
    const unloaded = new FileResults('a.js');
    unloaded.endOfTests('gone');
    assert.deepEqual(unloaded.tests, [{ id: 'a.js: the file itself', verdict: 'failed', detail: 'gone' }]);
  });

  it('can be programs that end well or not', () => {
    for (const [code, verdict, detail] of [
      [0, 'passed', ''],
      [1, 'failed', 'so\nwhy'],
      [null, 'failed', 'so\nwhy'],
    ]) {
      const results = new FileResults('a.js');
      results.read('why');
      results.endOfScript(code, 'so');
      assert.deepEqual(results.tests, [{ id: 'a.js', verdict, detail }]);
    }
  });

  it('keep the last of what is printed', () => {
    const results = new FileResults('a.js');
    for (let count = 1; count <= 100; count++) results.read(String(count));
    results.endOfScript(1, 'so');
    const [, first, ...rest] = results.tests[0].detail.split('\n');
    assert.deepEqual([first, rest.length, rest.at(-1)], ['61', 39, '100']);
  });

  it('are read from what node:test reports, too, with the tests around a test in its title', async () => {
    const event = (type, name, nesting, more) => ({ type, data: { name, nesting, details: {}, ...more } });
    const error = Object.assign(new Error('outer'), { cause: { stack: 'broke' } });
    const events = [
      event('test:start', 'suite', 0),
      event('test:start', 'one', 1),
      event('test:pass', 'one', 1),
      event('test:start', 'two', 1),
      event('test:fail', 'two', 1, { details: { error } }),
      event('test:start', 'three', 1),
      event('test:pass', 'three', 1, { skip: true }),
      event('test:pass', 'suite', 0, { details: { type: 'suite' } }),
      event('test:start', 'four', 0),
      event('test:pass', 'four', 0),
      { type: 'test:summary', data: {} },
    ];
    const results = new FileResults('a.js');
    for await (const text of report(events)) for (const one of text.split('\n')) results.read(one);
    results.endOfTests('it ended with code 1');
    assert.deepEqual(results.tests, [
      passed('a.js: suite one'),
      { id: 'a.js: suite two', verdict: 'failed', detail: 'broke' },
      { id: 'a.js: suite three', verdict: 'skipped', detail: '' },
      passed('a.js: four'),
    ]);
  });

  it('can be in a folder that is given, if it has the version', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-library-tests-'));
    try {
      const suite = { library: 'ws', version: '8.1.0' };
      assert.equal(given(suite, undefined), null);
      assert.equal(given(suite, folder), null);
      mkdirSync(path.join(folder, 'ws'));
      writeFileSync(path.join(folder, 'ws/package.json'), '{"version":"8.1.0"}');
      assert.equal(given(suite, folder), path.join(folder, 'ws'));
      assert.throws(() => given({ ...suite, version: '8.2.0' }, folder), /is version 8\.1\.0, not 8\.2\.0/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are compared by test, and with the list', () => {
    const baseline = [passed('same'), passed('worse'), failed('better'), passed('gone')];
    const register = [passed('same'), failed('worse'), passed('better'), passed('new')];
    assert.deepEqual(differences(baseline, register), [
      { id: 'worse', before: 'passed', after: 'failed', detail: 'worse broke' },
      { id: 'better', before: 'failed', after: 'passed', detail: 'better broke' },
      { id: 'gone', before: 'passed', after: 'not run', detail: '' },
      { id: 'new', before: 'not run', after: 'passed', detail: '' },
    ]);
    const known = (...ids) => Object.fromEntries(ids.map((id) => [id, 'so']));
    const list = (ids, counts = [3, 1]) => ({
      baseline: counts,
      register: [3, 1],
      differences: known(...ids),
    });
    assert.deepEqual(surprises(baseline, register, list(['worse', 'better', 'gone', 'new'])), []);
    assert.deepEqual(surprises(baseline, register, list(['same', 'better', 'gone', 'new'], [4, 0])), [
      'worse is passed with node:tls and failed with Schannel',
      'same does not differ',
      'with node:tls, 3 pass and 1 fail, not 4 and 0',
    ]);
    assert.deepEqual(surprises(baseline, register, undefined), ['the list has no such suite']);
  });

  it('are in the page, with each reason once', () => {
    const page = 'Text.\n<!-- drawn: suites -->\n<!-- end -->\nMore.\n';
    const suites = [
      { library: 'ws', version: '8.1.0' },
      { library: 'x', version: '1.0.0' },
    ];
    const drawn = drawSuites(page, suites, {
      ws: { baseline: [5, 1], register: [5, 1], differences: {} },
      x: { baseline: [4, 0], register: [1, 3], differences: { a: 'so', b: 'so', c: 'but' } },
    });
    assert.match(drawn, /\n\| ws 8\.1\.0 \| 5 \/ 1 \| 5 \/ 1 \| none \|\n/);
    assert.match(drawn, /\n\| x 1\.0\.0 \| 4 \/ 0 \| 1 \/ 3 \| 2: so\. 1: but \|\n/);
  });
});
