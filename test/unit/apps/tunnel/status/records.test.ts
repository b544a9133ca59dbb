import assert from 'node:assert/strict';
import type { ClientTunnelOptions } from '#lib/apps/tunnel/options.js';
import { Records } from '#lib/apps/tunnel/status/records.js';
import { Tunnels } from '#lib/apps/tunnel/tunnels.js';
import { SYSTEM_CLOCK } from '#lib/base/async/clock.js';
import { ofNode, SILENT } from '../../../../support/tunnel-rig.js';

describe('apps/tunnel/status/records', () => {
  const options = (name: string): ClientTunnelOptions => ({
    mode: 'client',
    name,
    accept: 0,
    connect: SILENT,
  });

  it('has the tunnels of now: what a reload keeps goes on, and what it adds begins', async () => {
    const tunnels = new Tunnels([options('a'), options('b')], ofNode(SYSTEM_CLOCK));
    const records = new Records(tunnels);
    try {
      await tunnels.listen();
      await tunnels.reload([options('b'), options('c')]);
      assert.deepEqual(
        records.figures.map(({ status: { name, state }, reloads }) => [name, state, reloads.success]),
        [
          ['b', 'listening', 1],
          ['c', 'listening', 0],
        ],
      );
    } finally {
      await tunnels.close({ drain: 0 });
    }
  });
});
