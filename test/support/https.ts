import { once } from 'node:events';
import type http from 'node:http';
import nodeHttps from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import * as https from 'schannel/https';
import { localhostServer, serverRoot } from './schannel-server.js';

/** A server on loopback whose clients have to trust `ca`. */
export interface HttpsPeer {
  readonly port: number;
  readonly origin: string;
  readonly ca: string;
  close(): Promise<void>;
}

/** Who makes TLS on the server's side. */
export type ServerKind = 'node:https' | 'schannel';

/** An HTTPS server with the good certificate for localhost. */
export async function startHttps(
  kind: ServerKind,
  listener: http.RequestListener,
  options: http.ServerOptions = {},
): Promise<HttpsPeer & { readonly server: https.Server | nodeHttps.Server }> {
  const { cert, key } = await localhostServer();
  const settings = { cert, key, ...options };
  const server =
    kind === 'schannel' ? https.createServer(settings, listener) : nodeHttps.createServer(settings, listener);
  return { ...(await listenOn(server)), server };
}

/** Has it listen on loopback, by default on a free port. */
export async function listenOn(
  server: NetServer & { closeAllConnections?(): void },
  wanted = 0,
): Promise<HttpsPeer> {
  const open = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `https://localhost:${port}`,
    ca: (await serverRoot()).certificate.cert,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** What a request was answered. */
export interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** The answer, read to its end. */
export async function answerTo(request: http.ClientRequest): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await textOf(response) };
}

export async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
