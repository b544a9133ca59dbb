import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import {
  installTask,
  quoted,
  removeTask,
  type ScheduledTask,
  taskDefinition,
} from '#lib/apps/acme/task/scheduled-task.js';

const TASK: ScheduledTask = {
  name: 'schannel acme',
  program: 'C:\\Program Files\\nodejs\\node.exe',
  args: ['C:\\a & b\\main.js', 'acme', 'renew', '--state', 'C:\\s\\'],
  account: 'system',
  minute: 125,
};

describe('apps/acme/task/scheduled-task', () => {
  it('runs twice a day at its own time, as SYSTEM', () => {
    const xml = taskDefinition(TASK);
    for (const part of [
      '<StartBoundary>2026-01-01T02:05:00</StartBoundary>',
      '<Interval>PT12H</Interval>',
      '<RandomDelay>PT30M</RandomDelay>',
      '<StartWhenAvailable>true</StartWhenAvailable>',
      '<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
      '<UserId>S-1-5-18</UserId>',
      '<Command>C:\\Program Files\\nodejs\\node.exe</Command>',
      '<Arguments>&quot;C:\\a &amp; b\\main.js&quot; acme renew --state C:\\s\\</Arguments>',
    ]) {
      assert.ok(xml.includes(part), part);
    }
  });

  it('runs as the user if a store is that of the user', () => {
    const xml = taskDefinition({ ...TASK, account: 'user' });
    assert.ok(xml.includes('<LogonType>InteractiveToken</LogonType>'));
    assert.ok(!xml.includes('S-1-5-18'));
  });

  for (const [arg, expected] of [
    ['plain', 'plain'],
    ['', '""'],
    ['a b', '"a b"'],
    ['C:\\a b\\', '"C:\\a b\\\\"'],
    ['say "x"', '"say \\"x\\""'],
    ['a\\"b', '"a\\\\\\"b"'],
  ] as const) {
    it(`quotes an argument as Windows reads it: ${arg}`, () => {
      assert.equal(quoted(arg), expected);
    });
  }

  it('gives Windows a file in UTF-16, and removes it', async () => {
    const seen: { program: string; args: readonly string[]; text: string }[] = [];
    await installTask(TASK, (program, args) => {
      seen.push({ program, args, text: readFileSync(args[4] ?? '', 'utf16le') });
      return Promise.resolve();
    });
    const [call] = seen;
    assert.match(call?.program ?? '', /\\System32\\schtasks\.exe$/);
    assert.deepEqual(call?.args.slice(0, 4), ['/create', '/tn', 'schannel acme', '/xml']);
    assert.equal(call.text, `\uFEFF${taskDefinition(TASK)}`);
    assert.equal(existsSync(call.args[4] ?? ''), false);
  });

  it('removes a task, and says why it could not', async () => {
    const calls: (readonly string[])[] = [];
    await removeTask('schannel acme', (_program, args) => {
      calls.push(args);
      return Promise.resolve();
    });
    assert.deepEqual(calls, [['/delete', '/tn', 'schannel acme', '/f']]);
    await assert.rejects(
      removeTask('x', () => Promise.reject(new Error('it ended with 1: access denied'))),
      { code: 'ERR_SCHANNEL_ACME_TASK', message: /access denied/ },
    );
  });
});
