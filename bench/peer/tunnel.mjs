/**
 * Two tunnels in a separate process, one out to TLS and one in from it. Reports their ports, and the size of the
 * process on request.
 */
import { once } from 'node:events';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { residentSize } from './resident-size.mjs';

/** @typedef {{ ca: string, cert: string, key: string, tlsPort: number, plainPort: number }} Task */

const makers = {
  async ours({ ca, cert, key, tlsPort, plainPort }) {
    const { createTunnel } = await import('schannel/tunnel');
    const tunnels = {
      out: createTunnel({
        mode: 'client',
        accept: 0,
        connect: tlsPort,
        tls: { ca, servername: 'localhost' },
      }),
      in: createTunnel({ mode: 'server', accept: '127.0.0.1:0', connect: plainPort, tls: { cert, key } }),
    };
    for (const tunnel of Object.values(tunnels)) await tunnel.listen();
    return { out: tunnels.out.port, in: tunnels.in.port };
  },

  /** As short as such a program can be. */
  async node({ ca, cert, key, tlsPort, plainPort }) {
    const common = { host: '127.0.0.1', allowHalfOpen: true, noDelay: true };
    const secureContext = tls.createSecureContext({ ca });
    const out = net.createServer({ ...common, pauseOnConnect: true }, (clear) => {
      const secure = tls.connect({ ...common, port: tlsPort, servername: 'localhost', secureContext }, () =>
        join(clear, secure),
      );
      end(clear, secure);
    });
    const into = tls.createServer({ ...common, cert, key }, (secure) => {
      const clear = net.connect({ ...common, port: plainPort });
      end(clear, secure);
      join(clear, secure);
    });
    into.on('tlsClientError', () => undefined);
    return { out: await listen(out), in: await listen(into) };
  },
};

function join(one, other) {
  one.pipe(other);
  other.pipe(one);
}

/** An error of one side ends both. */
function end(one, other) {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ]) {
    from.on('error', () => undefined).on('close', () => to.destroySoon());
  }
}

async function listen(server) {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
  await once(server, 'listening');
  return server.address().port;
}

process.once('message', async ({ name, task }) => {
  process.send({ ports: await makers[name](task) });
  process.on('message', async () => process.send({ bytes: await residentSize() }));
});
process.once('disconnect', () => process.exit());
