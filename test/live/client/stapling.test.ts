import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls from 'node:tls';
import { connect, type ConnectionOptions } from 'schannel';
import { localhostIdentity } from '../../support/tls-server.js';
import { skip } from '../../support/skip.js';
import { needsVersion, onWine } from '../../support/windows.js';
import type { AddressInfo } from 'node:net';

/** OCSPResponse with the status unauthorized (RFC 6960 §4.2.1). */
const RESPONSE = Buffer.from('30030a0106', 'hex');

describe('a server that staples an OCSP response', () => {
  let server: tls.Server | undefined;
  let ca = '';
  let asked = 0;
  before(async function () {
    if (onWine()) skip(this, 'Wine asks for no response');
    const identity = await localhostIdentity();
    const { cert, key } = identity.certificate;
    ca = identity.ca;
    server = tls.createServer({ cert, key }, (socket) => socket.end());
    server.on('OCSPRequest', (_certificate, _issuer, answer: (error: null, der: Buffer) => void) => {
      asked += 1;
      answer(null, RESPONSE);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    asked = 0;
  });
  after(() => server?.close());

  /** What 'OCSPResponse' told. */
  async function responses(options: ConnectionOptions): Promise<unknown[]> {
    const told: unknown[] = [];
    assert.ok(server);
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
    socket.on('OCSPResponse', (response) => told.push(response));
    await once(socket.resume(), 'close');
    return told;
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${maxVersion}: 'OCSPResponse' has it`, async function () {
      needsVersion(this, maxVersion);
      assert.deepEqual(await responses({ maxVersion, requestOCSP: true }), [RESPONSE]);
      assert.equal(asked, 1);
    });

    it(`${maxVersion}: is not asked for it without requestOCSP`, async function () {
      needsVersion(this, maxVersion);
      assert.deepEqual(await responses({ maxVersion }), []);
      assert.equal(asked, 0);
    });
  }
});
