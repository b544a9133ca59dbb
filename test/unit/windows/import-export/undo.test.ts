import assert from 'node:assert/strict';
import { Undo } from '#lib/windows/import-export/undo.js';

describe('windows/import-export/undo', () => {
  it('undoes in reverse order, and returns the reason', async () => {
    const undo = new Undo();
    const undone: string[] = [];
    for (const name of ['key', 'certificate', 'authority']) {
      undo.push(name, async () => {
        await Promise.resolve();
        undone.push(name);
      });
    }
    const reason = new Error('the disk is full');
    assert.equal(await undo.rollBack(reason), reason);
    assert.deepEqual(undone, ['authority', 'certificate', 'key']);
    await undo.rollBack(reason);
    assert.equal(undone.length, 3, 'once');
  });

  it('continues after a step that cannot be undone, and names it', async () => {
    const undo = new Undo();
    let undone = 0;
    undo.push('the first', () => Promise.resolve(void (undone += 1)));
    undo.push('the second', () => Promise.reject(new Error('no right to')));
    undo.push('the third', () => Promise.resolve(void (undone += 1)));
    const reason = new Error('the disk is full');
    const error = await undo.rollBack(reason);
    assert.ok(error instanceof Error);
    assert.match(error.message, /^the disk is full\. .*: the second \(no right to\)$/);
    assert.equal(error.cause, reason);
    assert.equal(undone, 2);
  });
});
