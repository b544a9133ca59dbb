import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { Connections, type WebServer } from '#lib/web/site/connections.js';
import { turn } from '../../../support/patience.js';

const clientAt = (remotePort: number): PassThrough =>
  Object.assign(new PassThrough(), { remoteAddress: '127.0.0.1', remotePort });

describe('web/site/connections', () => {
  it('is quiet when the handshakes that were under way have ended, in either way', async () => {
    const server = new EventEmitter();
    const connections = new Connections(server as unknown as WebServer);
    await connections.quiet();
    const [good, bad, later] = [clientAt(1), clientAt(2), clientAt(3)];
    server.emit('connection', good);
    server.emit('connection', bad);
    let isQuiet = false;
    const quiet = connections.quiet().then(() => (isQuiet = true));
    server.emit('connection', later);
    server.emit('secureConnection', clientAt(1));
    await turn();
    assert.equal(isQuiet, false);
    bad.destroy();
    await quiet;
    later.destroy();
  });

  it('is quiet even if clients were gone before they had an address', async () => {
    const server = new EventEmitter();
    const connections = new Connections(server as unknown as WebServer);
    const gone = [new PassThrough(), new PassThrough()];
    server.emit('connection', gone[0]);
    const quiet = connections.quiet();
    server.emit('connection', gone[1]);
    for (const each of gone) each.destroy();
    await quiet;
  });
});
