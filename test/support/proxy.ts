import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

/**
 * A proxy that opens tunnels by CONNECT, itself reached with or without TLS. It uses Node's modules as they are when
 * it is created.
 */
export function createProxy(identity: { readonly cert: string; readonly key: string } | null): http.Server {
  const proxy = identity ? https.createServer(identity) : http.createServer();
  proxy.on('connect', (request, near) => {
    const far = net.connect(Number((request.url ?? '').split(':').at(-1)), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      end.on('error', () => undefined).on('close', () => other.destroy());
    }
  });
  return proxy;
}

/** How the tests see HttpsProxyAgent, whose own type asks for an address that is known when it is compiled. */
export type ProxyAgentClass = new (proxy: string, options: https.AgentOptions) => http.Agent;
