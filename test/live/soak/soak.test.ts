import assert from 'node:assert/strict';
import * as schannel from 'schannel';
import { native } from '#lib/native/load.js';
import { Soak } from '../../soak/soak.js';
import type { Tls } from '../../soak/world.js';
import { handlesBackTo, settledCounts } from '../../support/native-store.js';
import { PATIENCE } from '../../support/patience.js';
import { capabilities } from '../../support/windows.js';

/** `npm run soak` is the long form. */
describe('connections of every kind, at once', () => {
  it('end as they should, with the bytes that were sent, and leave nothing behind', async () => {
    const handles = await settledCounts();
    const soak = new Soak({
      tls: schannel as unknown as Tls,
      ...{ seed: 1, atOnce: 10, largest: 30_000, renewEvery: 10, certificates: 2, isControl: false },
      hasTls13: capabilities().tls13,
      losesWrites: native().platform.wine !== null,
      isOver: (made) => made >= 40,
      guard: PATIENCE / 10,
      say: () => undefined,
    });
    const { connections, hangs, mismatches } = await soak.run();
    assert.deepEqual([...hangs, ...mismatches], []);
    assert.equal(connections, 40);
    await handlesBackTo(handles, schannel.releaseUnusedResources);
  });
});
