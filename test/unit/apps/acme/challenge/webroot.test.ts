import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { webroot } from '#lib/apps/acme/challenge/webroot.js';
import { taskFor } from '../../../../support/acme-order.js';

describe('apps/acme/challenge/webroot', () => {
  const context = { log: () => undefined };
  let folder: string;
  let answers: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-webroot-'));
    answers = path.join(folder, '.well-known', 'acme-challenge');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function shown(token: string, webConfig = true) {
    const solver = webroot({ folder, webConfig });
    const plan = await solver.plan(taskFor('http-01', 'bar.example', token), context);
    return { solver, plan: await solver.show(plan, context) };
  }

  it('puts a file where the ACME server looks, and for IIS a configuration, and removes both', async () => {
    const { solver, plan } = await shown('token-one');
    assert.deepEqual((await readdir(answers)).sort(), ['Web.config', 'token-one']);
    assert.equal(await readFile(path.join(answers, 'token-one'), 'utf8'), 'token-one.thumbprint');
    assert.match(await readFile(path.join(answers, 'Web.config'), 'utf8'), /<mimeMap fileExtension="\." /);
    // Another process, after a crash.
    await webroot({ folder }).undo(JSON.parse(JSON.stringify(plan)) as typeof plan, context);
    assert.deepEqual(await readdir(folder), []);
    await solver.undo(plan, context);
  });

  it('removes the folder with the last of several answers', async () => {
    const solver = webroot({ folder, webConfig: true });
    const plans = [];
    for (const token of ['token-one', 'token-two']) {
      const plan = await solver.plan(taskFor('http-01', 'bar.example', token), context);
      plans.push(await solver.show(plan, context));
    }
    const [one, two] = plans;
    assert.ok(one && two);
    await solver.undo(one, context);
    assert.deepEqual((await readdir(answers)).sort(), ['Web.config', 'token-two']);
    await solver.undo(two, context);
    assert.deepEqual(await readdir(folder), []);
  });

  it("leaves the site's folders and its configuration alone", async () => {
    await mkdir(answers, { recursive: true });
    await writeFile(path.join(answers, 'Web.config'), '<configuration />');
    const { solver, plan } = await shown('token-one');
    await solver.undo(plan, context);
    assert.deepEqual(await readdir(answers), ['Web.config']);
    await rm(path.join(answers, 'Web.config'));
    const later = await shown('token-two', false);
    await later.solver.undo(later.plan, context);
    assert.deepEqual(await readdir(answers), []);
  });

  it('leaves a file alone that has become another', async () => {
    const { solver, plan } = await shown('token-one', false);
    await writeFile(path.join(answers, 'token-one'), 'something else');
    await solver.undo(plan, context);
    assert.deepEqual(await readdir(answers), ['token-one']);
  });

  it('says that the root is not there, and that a token is no name of a file', async () => {
    const absent = webroot({ folder: path.join(folder, 'absent') });
    const plan = await absent.plan(taskFor('http-01', 'bar.example', 'token-one'), context);
    await assert.rejects(absent.show(plan, context), {
      code: 'ERR_SCHANNEL_ACME_CHALLENGE',
      message: /ENOENT/,
    });
    await absent.undo(plan, context);
    for (const token of ['', 'CON', '..', 'a/b/c/d/e'])
      await assert.rejects(shown(token), { code: 'ERR_SCHANNEL_ACME_CHALLENGE' });
    await webroot({ folder }).undo({ token: 'CON' }, context);
    assert.throws(() => webroot({ folder: '' }), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
