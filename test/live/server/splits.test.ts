import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { createSecureContext, TLSSocket, type SecureContext } from 'schannel';
import { CutDuplex } from '../../support/cut-duplex.js';
import { linkedPair, localhostServer, serverRoot, textOf } from '../../support/schannel-server.js';
import { SlowDuplex } from '../../support/slow-duplex.js';
import { strideOfBytes } from '../../support/windows.js';

const QUESTION = 'the client asks at once';
/** Connections at a time: the workers, node:tls and the test itself share the machine. */
const PARALLEL = 8;
/** Between the cuts in a long hello: prime, so that they are at odd and at even bytes. */
const STRIDE = 31;

/** Every run is a separate handshake. What the client sends is cut at each position in turn, from its hello on. */
describe('what a client sends may be cut anywhere', () => {
  /** Its hello is long: a post-quantum key share takes more than a kilobyte. */
  let usual: tls.SecureContext;
  let brief: tls.SecureContext;
  /** Of the server, by version. */
  const contexts = new Map<string, SecureContext>();
  before(async () => {
    const ca = (await serverRoot()).certificate.cert;
    usual = tls.createSecureContext({ ca });
    brief = tls.createSecureContext({ ca, ecdhCurve: 'P-256:X25519' });
    const { cert, key } = await localhostServer();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      contexts.set(maxVersion, createSecureContext({ cert, key, maxVersion }));
  });

  /** One connection of a client over what `between` makes of the server's end. */
  async function asked<Between extends Duplex>(
    version: string,
    secureContext: tls.SecureContext,
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
    for (const [what, strideOf, contextOf] of [
      ['each byte, or each seventh on Wine', strideOfBytes, () => brief],
      ['some bytes of a long hello', () => STRIDE, () => usual],
    ] as const) {
      it(`${version}: at ${what}`, async () => {
        const cutAt = (cut: number) => (far: Duplex) => new CutDuplex(far, cut, cut % 2 === 0 ? 0 : 20);
        const { length } = await asked(version, contextOf(), cutAt(0));
        assert.ok(length > 300, `${String(length)} bytes`);
        const stride = strideOf();
        let next = 1;
        const work = async (): Promise<void> => {
          while (next < length) {
            const cut = next;
            next += stride;
            await asked(version, contextOf(), cutAt(cut)).catch((error: unknown) => {
              throw new Error(`cut at ${String(cut)} of ${String(length)}`, { cause: error });
            });
          }
        };
        await Promise.all(Array.from({ length: PARALLEL }, work));
      });
    }

    it(`${version}: at every byte at once`, async () => {
      await asked(version, usual, (far) => new SlowDuplex(far, 1));
    });
  }
});
