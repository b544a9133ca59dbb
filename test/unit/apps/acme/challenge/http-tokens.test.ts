import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { httpTokens } from '#lib/apps/acme/challenge/http-tokens.js';
import { taskFor } from '../../../../support/acme-order.js';
import { skip } from '../../../../support/skip.js';

describe('apps/acme/challenge/http-tokens', () => {
  const context = { log: () => undefined };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-tokens-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  for (const where of ['in memory', 'in a folder'] as const) {
    it(`answers for a token while it is shown, ${where}`, async () => {
      const options = where === 'in memory' ? {} : { folder: path.join(folder, 'new', 'folder') };
      const solver = httpTokens(options);
      const plan = await solver.plan(taskFor('http-01', 'bar.example', 'TOKEN-1_a'), context);
      assert.deepEqual(plan, {
        value: 'bar.example',
        token: 'TOKEN-1_a',
        keyAuthorization: 'TOKEN-1_a.thumbprint',
      });
      assert.equal(await solver.answerFor('TOKEN-1_a'), null);
      await solver.show(plan, context);
      // Another process, if there is a folder.
      const reader = where === 'in memory' ? solver : httpTokens(options);
      assert.equal(await reader.answerFor('TOKEN-1_a'), 'TOKEN-1_a.thumbprint');
      for (const other of ['token-1_a', '', '../TOKEN-1_a', 'x'.repeat(129), 'CON'])
        assert.equal(await reader.answerFor(other), null, other);
      await solver.undo(plan, context);
      await solver.undo(plan, context);
      assert.equal(await reader.answerFor('TOKEN-1_a'), null);
    });
  }

  it('leaves nothing in its folder, after another process was killed either', async () => {
    const first = httpTokens({ folder });
    const plan = await first.plan(taskFor('http-01', 'bar.example'), context);
    await first.show(plan, context);
    assert.equal((await readdir(folder)).length, 1);
    await httpTokens({ folder }).undo(JSON.parse(JSON.stringify(plan)) as typeof plan, context);
    assert.deepEqual(await readdir(folder), []);
  });

  it('says why nothing can be written', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const solver = httpTokens({ folder: file });
    const plan = await solver.plan(taskFor('http-01', 'bar.example'), context);
    await assert.rejects(solver.show(plan, context), {
      code: 'ERR_SCHANNEL_ACME_CHALLENGE',
      message: /ENOTDIR|EEXIST/,
    });
  });

  it('refuses a folder that others can write to, for the order and for the server', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no modes of files');
    const solver = httpTokens({ folder });
    const plan = await solver.plan(taskFor('http-01', 'bar.example'), context);
    await solver.show(plan, context);
    await chmod(folder, 0o777);
    const refusal = { code: 'ERR_SCHANNEL_ACME_STATE', message: /everyone/, advice: /chmod/ };
    await assert.rejects(Promise.resolve(solver.answerFor('token')), refusal);
    await assert.rejects(solver.show(plan, context), refusal);
    await solver.undo(plan, context);
    assert.deepEqual(await readdir(folder), []);
  });

  it('has a name that differs by folder, and leaves wildcards to others', () => {
    const solver = httpTokens({ folder });
    assert.notEqual(solver.name, httpTokens().name);
    assert.match(String(solver.refuses({ type: 'dns', value: '*.bar.example' })), /wildcard/);
    assert.equal(solver.refuses({ type: 'dns', value: 'bar.example' }), null);
  });
});
