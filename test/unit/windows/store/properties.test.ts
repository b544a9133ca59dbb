import assert from 'node:assert/strict';
import { OWN_PROPERTY } from '#lib/windows/store/properties.js';

describe('windows/store/properties: ours', () => {
  const ids: readonly number[] = Object.values(OWN_PROPERTY);

  it('have a number each', () => {
    assert.equal(new Set(ids).size, ids.length);
  });

  it('have numbers that any program may use', () => {
    for (const id of ids) assert.ok(id >= 0x8000 && id <= 0xbfff, String(id));
  });
});
