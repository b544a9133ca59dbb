import assert from 'node:assert/strict';
import { CHECKS } from '#lib/apps/doctor/checks/index.js';

describe('apps/doctor/checks/index', () => {
  it('have an id each, and a title that asks', () => {
    assert.equal(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
    for (const { id, title } of CHECKS) {
      assert.match(id, /^[A-Za-z0-9.-]+$/);
      assert.match(title, /^[A-Z].*\?$/, id);
    }
  });
});
