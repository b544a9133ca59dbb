import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { portOwner } from '#lib/web/settings/port-owner.js';

describe('web/settings/port-owner', () => {
  let server: net.Server;
  afterEach(() => {
    server.close();
  });

  const listen = async (made: net.Server): Promise<number> => {
    server = made;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const named = (name: string | null) =>
    http.createServer((_request, response) => {
      if (name !== null) response.setHeader('server', name);
      response.end();
    });

  it('says nothing of a port that is free', async () => {
    const port = await listen(net.createServer());
    server.close();
    await once(server, 'close');
    assert.equal(await portOwner(port, '127.0.0.1'), null);
  });

  it('says that Windows has it', async () => {
    const port = await listen(named('Microsoft-HTTPAPI/2.0'));
    assert.match(
      (await portOwner(port, '127.0.0.1')) ?? '',
      /^Windows has it \(http\.sys, Microsoft-HTTPAPI/,
    );
  });

  it('names another server, and shows no control characters of it', async () => {
    const port = await listen(named('nginx\u00ad/1.27'));
    assert.equal(await portOwner(port, '127.0.0.1'), 'Another server has it: nginx?/1.27');
  });

  it('knows a program that does not speak HTTP, or says nothing of itself', async () => {
    const silent = await listen(named(null));
    assert.equal(await portOwner(silent, '127.0.0.1'), 'Another program has it');
    server.close();
    const other = await listen(net.createServer((socket) => socket.end('220 mail\r\n')));
    assert.equal(await portOwner(other, '127.0.0.1'), 'Another program has it');
  });

  it('says that the address is of another machine', async () => {
    server = net.createServer();
    assert.equal(await portOwner(8080, '192.0.2.1'), 'This machine does not have the address');
  });
});
