import assert from 'node:assert/strict';
import { runFixture } from '../../support/child.js';

describe('the end of the process', () => {
  it('process.exit() with open connections gives its code', async () => {
    const { code, stdout, stderr } = await runFixture('exit-with-open-sockets');
    assert.equal(stdout.trim(), 'leaving');
    assert.equal(code, 7, stderr);
  });

  it('comes by itself when every connection is over', async () => {
    const { code, stdout, stderr } = await runFixture('natural-exit');
    assert.equal(stdout.trim(), 'answered');
    assert.equal(code, 0, stderr);
  });

  it('does not wait for a connection that was unref()ed', async () => {
    const { code, stdout, stderr } = await runFixture('natural-exit', { args: ['unref'] });
    assert.equal(stdout.trim(), 'answered');
    assert.equal(code, 0, stderr);
  });

  for (const event of ['secure', 'secureConnect', 'data']) {
    it(`comes with an exception in a listener of ${event}, which is told`, async () => {
      const { code, stderr } = await runFixture('uncaught', { args: [event] });
      assert.match(stderr, /Error: thrown by a listener/);
      assert.equal(code, 1, stderr);
    });
  }
});
