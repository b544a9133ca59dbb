import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { adapt } from '../../scripts/stunnel-suite/adapt.mjs';
import { CASES } from '../../scripts/stunnel-suite/cases.mjs';
import { readProgramLines, readResults, surprises } from '../../scripts/stunnel-suite/results.mjs';
import { listPlugins } from '../../scripts/stunnel-suite/sources.mjs';

const dots = '.'.repeat(70);

describe("stunnel's own tests", () => {
  it('have a reason for each case that does not pass, and for no other', () => {
    assert.ok(Object.keys(CASES).length >= 50);
    for (const [id, { what, verdict, why }] of Object.entries(CASES)) {
      assert.match(id, /^\d{3}$/);
      assert.match(what, /\S/);
      assert.ok(['passed', 'failed', 'skipped'].includes(verdict), id);
      assert.equal(why === undefined, verdict === 'passed', id);
    }
  });

  it('are read from what they print, also if they do not come to an end', () => {
    const printed = [
      'Got stunnel version 5.75',
      '011. Test "cert" option',
      `${dots} succeeded`,
      '',
      '012. Test no "cert" option',
      '[client] Read one',
      `${dots} failed`,
      '[client] Read later',
      '101. Test FIPS mode',
      `${dots} skipped`,
      '191. Reload configuration',
    ].join('\r\n');
    const results = readResults(printed);
    assert.deepEqual(results, [
      { id: '011', title: 'Test "cert" option', verdict: 'passed', detail: [] },
      { id: '012', title: 'Test no "cert" option', verdict: 'failed', detail: ['[client] Read one'] },
      { id: '101', title: 'Test FIPS mode', verdict: 'skipped', detail: [] },
      { id: '191', title: 'Reload configuration', verdict: 'stuck', detail: [] },
    ]);
    const expected = {
      '011': { verdict: 'passed' },
      '012': { verdict: 'passed' },
      101: { verdict: 'skipped' },
    };
    assert.deepEqual(surprises(results, expected), [
      '012 (Test no "cert" option) was passed, and is failed',
      '191 (Reload configuration) is not known, and is stuck',
    ]);
  });

  it('show what their programs wrote, case by case', () => {
    const log = [
      "WARNING: 2026-11-30 16:00:00,000: [test_stunnel] ***** Start '011. Test' *****",
      "INFO: 2026-11-30 16:00:01,000: [client] Read 'one'",
      'INFO: 2026-11-30 16:00:01,000: [start_stunnel] other',
      "WARNING: 2026-11-30 16:00:02,000: [test_stunnel] ***** Start '012. Test' *****",
      "INFO: 2026-11-30 16:00:03,000: [server1] Read 'two'",
      'CRITICAL: 2026-11-30 16:00:04,000: [test_stunnel] Something went wrong',
    ].join('\n');
    assert.deepEqual(
      [...readProgramLines(log)],
      [
        ['011', ["[client] 'one'"]],
        ['012', ["[server1] 'two'", '[test_stunnel] Something went wrong']],
      ],
    );
  });

  it('are those of a folder that has them', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-stunnel-tests-'));
    try {
      assert.throws(() => listPlugins(folder), /has no maketest\.py/);
      mkdirSync(path.join(folder, 'plugins'));
      for (const name of ['maketest.py', 'plugins/p02_b.py', 'plugins/p01_a.py', 'plugins/__init__.py'])
        writeFileSync(path.join(folder, name), '');
      assert.deepEqual(listPlugins(folder), ['p01_a.py', 'p02_b.py']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('get files', () => {
    const served = [];
    const parts = {
      serve: async (program) => {
        served.push(program);
        return 4711;
      },
      include: async (folder) => `${folder}.adapted`,
    };
    const adapted = async (...lines) => (await adapt(lines.join('\n'), parts)).trimEnd().split('\n');

    afterEach(() => void (served.length = 0));

    it('whose clients verify nobody, if they do not say otherwise', async () => {
      const client = ['debug = 7', '[a]', '  client = yes', 'connect = 1'];
      assert.deepEqual(await adapted(...client), [...client, 'verifyChain = no']);
      for (const line of ['verify = 2', 'verifyPeer = yes', 'VerifyChain=yes'])
        assert.deepEqual(await adapted(...client, line), [...client, line]);
      const server = ['[a]', 'accept = 1', 'connect = 2', ';client = yes'];
      assert.deepEqual(await adapted(...server), server);
      assert.deepEqual(await adapted('client = yes', '[a]', '[b]', 'client = no'), [
        ...['client = yes', '[a]', 'verifyChain = no', '[b]', 'client = no'],
      ]);
    });

    it('whose servers connect to a service instead of starting a program', async () => {
      const lines = [
        '[a]',
        'accept = 1',
        '  exec = /bin/python3',
        '  execArgs = python3 error.py x',
        'reset = no',
      ];
      assert.deepEqual(await adapted(...lines), [
        '[a]',
        'accept = 1',
        'connect = 127.0.0.1:4711',
        'reset = no',
      ]);
      assert.deepEqual(served, [{ file: '/bin/python3', args: ['error.py', 'x'] }]);
      const client = ['[a]', 'client = yes', 'verify = 0', 'exec = x'];
      assert.deepEqual(await adapted(...client), client);
    });

    it('whose folders are changed in the same way', async () => {
      assert.deepEqual(await adapted('include = conf.d', '[a]'), ['include = conf.d.adapted', '[a]']);
    });
  });
});
