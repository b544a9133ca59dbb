import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { createSecureContext, TLSSocket, type SecureContext } from 'schannel';
import { CutDuplex } from '../../support/cut-duplex.js';
import { linkedPair, localhostServer, serverRoot, textOf } from '../../support/schannel-server.js';
import { SlowDuplex } from '../../support/slow-duplex.js';

const QUESTION = 'the client asks at once';
/** Connections at a time: the workers, node:tls and the test itself share the machine. */
const PARALLEL = 8;

/** Every run is a separate handshake. What the client sends is cut at each position in turn, from its hello on. */
describe('what a client sends may be cut anywhere', () => {
  let secureContext: tls.SecureContext;
  /** Of the server, by version. */
  const contexts = new Map<string, SecureContext>();
  before(async () => {
    secureContext = tls.createSecureContext({ ca: (await serverRoot()).certificate.cert });
    const { cert, key } = await localhostServer();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      contexts.set(maxVersion, createSecureContext({ cert, key, maxVersion }));
  });

  /** One connection over what `between` makes of the server's end. */
  async function asked<Between extends Duplex>(
    version: string,
    between: (far: Duplex) => Between,
  ): Promise<Between> {
    const [near, far] = linkedPair();
    const stream = between(far);
    const context = contexts.get(version);
    assert.ok(context);
    const socket = new TLSSocket(stream, { isServer: true, secureContext: context });
    const client = tls.connect({ socket: near, servername: 'localhost', secureContext });
    client.end(QUESTION);
    assert.equal(await textOf(socket), QUESTION);
    assert.equal(socket.truncated, false);
    client.resume();
    if (!client.closed) await once(client, 'close');
    return stream;
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`${version}: at each byte`, async () => {
      const cutAt = (cut: number) => (far: Duplex) => new CutDuplex(far, cut, cut % 2 === 0 ? 0 : 20);
      const { length } = await asked(version, cutAt(0));
      assert.ok(length > 300, `${String(length)} bytes`);
      let next = 1;
      const work = async (): Promise<void> => {
        while (next < length) {
          const cut = next;
          next += 1;
          await asked(version, cutAt(cut)).catch((error: unknown) => {
            throw new Error(`cut at ${String(cut)} of ${String(length)}`, { cause: error });
          });
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, work));
    });

    it(`${version}: at every byte at once`, async () => {
      await asked(version, (far) => new SlowDuplex(far, 1));
    });
  }
});
