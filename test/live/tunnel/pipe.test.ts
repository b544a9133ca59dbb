import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { createTunnel } from '#lib/tunnel.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';
import { skipOnDouble } from '../../support/windows.js';

const pipe = (name: string): string => `\\\\.\\pipe\\schannel-tunnel-${String(process.pid)}-${name}`;

describe('tunnels between named pipes', () => {
  it('carry the bytes of several clients', async function () {
    skipOnDouble(this, 'it is about pipes');
    const { cert, key } = await localhostServer();
    const ca = (await serverRoot()).certificate.cert;
    const behind = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {}).pipe(socket);
    });
    behind.listen(pipe('behind'));
    await once(behind, 'listening');
    const server = createTunnel({
      ...{ mode: 'server', accept: pipe('secure'), connect: pipe('behind') },
      tls: { cert, key },
    });
    const client = createTunnel({
      ...{ mode: 'client', accept: pipe('clear'), connect: pipe('secure') },
      tls: { ca, servername: 'localhost' },
    });
    try {
      await server.listen();
      await client.listen();
      const sent = ['one', 'two', 'three'].map((word) => word.repeat(20_000));
      const got = await Promise.all(sent.map(echoed));
      assert.deepEqual(got, sent);
    } finally {
      await client.close({ drain: 0 });
      await server.close({ drain: 0 });
      behind.close();
    }
  });
});

/** What comes back of a text. A pipe of Windows can't be ended one way, so that the length says when all is there. */
async function echoed(text: string): Promise<string> {
  const socket = net.connect(pipe('clear'));
  socket.setEncoding('utf8').write(text);
  let got = '';
  while (got.length < text.length) got += ((await once(socket, 'data')) as [string])[0];
  socket.destroy();
  return got;
}
