import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'schannel';
import { SchannelServer } from '../../support/schannel-server.js';

describe('HTTP over a server', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${maxVersion}: three requests of node:https on one connection`, async () => {
      const web = http.createServer((request, response) => {
        const { encrypted, servername } = request.socket as Partial<TLSSocket>;
        response.end([request.method, request.url, encrypted, servername].join(' '));
      });
      const server = await SchannelServer.start(
        { maxVersion },
        (socket) => void web.emit('connection', socket),
      );
      const agent = new https.Agent({
        keepAlive: true,
        maxSockets: 1,
        ca: server.ca,
        servername: 'localhost',
      });
      const ports = new Set<number | undefined>();
      for (const path of ['/one', '/two', '/three']) {
        const request = https.get({ host: '127.0.0.1', port: server.port, path, agent });
        const [response] = (await once(request, 'response')) as [http.IncomingMessage];
        ports.add(response.socket.localPort);
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        assert.equal(Buffer.concat(chunks).toString(), `GET ${path} true localhost`);
      }
      assert.equal(ports.size, 1);
      agent.destroy();
      await server.close();
    });
  }
});
