import assert from 'node:assert/strict';
import { SETTABLE_STATES, stateOf } from '#lib/windows/policy/protocol-versions.js';

describe('windows/policy/protocol-versions', () => {
  for (const [enabled, disabledByDefault, state] of [
    [null, null, 'default'],
    [null, 0, 'default'],
    [0, null, 'disabled'],
    [0, 0, 'disabled'],
    [0, 1, 'disabled'],
    [1, 0, 'enabled'],
    [0xffffffff, 0, 'enabled'],
    [1, 1, 'disabled by default'],
    [0xffffffff, 0xffffffff, 'disabled by default'],
    [1, null, 'allowed'],
    [null, 1, 'disabled by default'],
  ] as const) {
    it(`calls Enabled ${enabled} with DisabledByDefault ${disabledByDefault} "${state}"`, () => {
      assert.equal(stateOf({ enabled, disabledByDefault }), state);
    });
  }

  it('sets states that are read as what they are', () => {
    assert.deepEqual(
      Object.entries(SETTABLE_STATES).map(([name, values]) => [name, stateOf(values)]),
      [
        ['on', 'enabled'],
        ['off', 'disabled'],
        ['by-default-off', 'disabled by default'],
        ['default', 'default'],
      ],
    );
  });
});
