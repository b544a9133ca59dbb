import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { dnsUpdate } from '#lib/apps/acme/dns/update.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';

describe('apps/acme/dns/update', () => {
  it('does not wait without a limit for an answer that goes on and on', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      // The length of the longest message, and one octet of it.
      socket.write(Buffer.from([0xff, 0xff, 0]));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as net.AddressInfo;
      const clock = new ScriptedClock();
      const key = { keyName: 'key', secret: 'AAAA', zone: 'bar.example' };
      const provider = dnsUpdate({ server: '127.0.0.1', port, ...key }, clock);
      const adding = provider.add({ name: '_acme-challenge.bar.example', value: 'x', ttl: 60 });
      const refused = assert.rejects(adding, {
        code: 'ERR_SCHANNEL_DNS_CONNECTION',
        message: /gave no answer: It took more than 30 seconds$/,
      });
      await once(server, 'connection');
      await clock.advance(30_000);
      await refused;
      assert.equal(clock.timers, 0);
    } finally {
      server.close();
    }
  });
});
