import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { serveTunnelStatus } from '#lib/apps/tunnel/status/serve-status.js';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import { SYSTEM_CLOCK } from '#lib/base/async/clock.js';
import { ofNode, SILENT } from '../../../../support/tunnel-rig.js';

describe('apps/tunnel/status/serve-status', () => {
  it('shows what happens to a tunnel', async () => {
    const tunnel = new Tunnel(
      {
        mode: 'client',
        name: 'imaps',
        accept: 0,
        connect: `127.0.0.1:${SILENT}`,
        limits: { connections: 1 },
      },
      ofNode(SYSTEM_CLOCK),
    );
    const status = await serveTunnelStatus([tunnel], { accept: 0, version: '1.2.3' });
    const figures = async (): Promise<string> =>
      (await fetch(`http://${String(status.address)}/metrics`)).text();
    try {
      assert.match(await figures(), /^schannel_tunnel_listening\{service="imaps"\} 0$/m);
      await tunnel.listen();
      const opening = net.connect(tunnel.port ?? 0, '127.0.0.1').on('error', () => {});
      await once(tunnel, 'connection');
      const tooMany = net.connect(tunnel.port ?? 0, '127.0.0.1').on('error', () => {});
      await once(tunnel, 'refused');
      const text = await figures();
      assert.match(text, /^schannel_tunnel_listening\{service="imaps"\} 1$/m);
      assert.match(text, /^schannel_tunnel_connections_opening\{service="imaps"\} 1$/m);
      assert.match(text, /^schannel_tunnel_accept_total\{service="imaps",result="refused"\} 1$/m);
      const page = (await (await fetch(`http://${String(status.address)}/status`)).json()) as {
        version: string;
      };
      assert.equal(page.version, '1.2.3');
      opening.destroy();
      tooMany.destroy();
    } finally {
      await status.close();
      await tunnel.close({ drain: 0 });
    }
  });
});
