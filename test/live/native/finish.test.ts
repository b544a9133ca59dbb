import assert from 'node:assert/strict';
import { runFixture } from '../../support/child.js';

describe('the add-on at the end of the process', () => {
  for (const [way, what] of [
    ['answers', 'answers before a call returns'],
    ['silence', 'does not answer what was under way'],
    ['release', 'gives back what was under way'],
    ['steps', 'takes one step of a session after the other'],
    ['time', 'gives up in time'],
  ] as const) {
    it(what, async () => {
      const { code, stderr } = await runFixture('finish', { args: [way] });
      assert.equal(code, 42, stderr);
    });
  }
});
