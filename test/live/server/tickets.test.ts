import assert from 'node:assert/strict';
import { once } from 'node:events';
import type tls from 'node:tls';
import { whileFixed } from '../../support/double.js';
import { SchannelServer } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { needsVersion, onDouble } from '../../support/windows.js';

describe('tickets of a server', () => {
  before(function () {
    needsVersion(this, 'TLSv1.3');
    if (!onDouble) skip(this, 'only the double can choose how many there are');
  });

  /** A client that hears what it has said, and has got the tickets then. */
  async function talk(client: tls.TLSSocket): Promise<{ tickets: Buffer[]; isReused: boolean }> {
    const tickets: Buffer[] = [];
    client.on('session', (ticket: Buffer) => tickets.push(ticket));
    await once(client, 'secureConnect');
    client.write('a word');
    assert.equal(String((await once(client, 'data'))[0]), 'a word');
    const isReused = client.isSessionReused();
    client.destroy();
    return { tickets, isReused };
  }

  for (const [value, count] of [
    [0, 1],
    [1, 0],
    [2, 2],
  ] as const) {
    it(`TLSv1.3: a client resumes if there is one, and Windows sends ${count}`, () =>
      whileFixed('tickets', value, async () => {
        const server = await SchannelServer.start();
        const { tickets } = await talk(server.open());
        assert.equal(tickets.length, count);
        const session = tickets.at(-1);
        const { isReused } = await talk(server.open(session ? { session } : {}));
        assert.equal(isReused, count > 0);
        await server.close();
      }));
  }
});
