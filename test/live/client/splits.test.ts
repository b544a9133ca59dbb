import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { connect, createSecureContext, type SecureContext } from 'schannel';
import { whileFixed } from '../../support/double.js';
import { CutDuplex } from '../../support/cut-duplex.js';
import { SlowDuplex } from '../../support/slow-duplex.js';
import { skip } from '../../support/skip.js';
import { localhostIdentity, memoryServer } from '../../support/tls-server.js';
import { needsVersion, onDouble, strideOfBytes } from '../../support/windows.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

const WELCOME = 'the server speaks first';
/** Connections at a time: the workers, node:tls and the test itself share the machine. */
const PARALLEL = 8;

/**
 * Every run is a separate handshake: keys differ, so recorded bytes can't be used. What the server sends is cut at
 * each position in turn (`strideOfBytes()`), from its first hello to the close_notify; its greeting rides with its last
 * flight.
 */
describe('what the server sends may be cut anywhere', () => {
  let secureContext: SecureContext;
  /** Shared by all servers of a version: creating it each time would cost more than the handshake. */
  let serverContexts: Record<Version, tls.SecureContext>;
  before(async () => {
    const { ca, certificate } = await localhostIdentity();
    const serverContext = (maxVersion: Version): tls.SecureContext =>
      tls.createSecureContext({ ...certificate, maxVersion });
    secureContext = createSecureContext({ ca });
    serverContexts = { 'TLSv1.2': serverContext('TLSv1.2'), 'TLSv1.3': serverContext('TLSv1.3') };
  });

  async function greetingServer(version: Version): Promise<Duplex> {
    const { transport, server } = await memoryServer({ secureContext: serverContexts[version] });
    server.once('secure', () => {
      server.write(WELCOME);
      setImmediate(() => server.end());
    });
    return transport;
  }

  /** One connection; returns how many bytes the server sent. */
  async function greeted(version: Version, cut: number): Promise<number> {
    // By turns the rest comes while Windows is at work, and when it waits.
    const stream = new CutDuplex(await greetingServer(version), cut, cut % 2 === 0 ? 0 : 20);
    const socket = connect({ socket: stream, host: 'localhost', secureContext });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, 'close');
    assert.equal(text, WELCOME);
    assert.equal(socket.authorized, true);
    assert.equal(socket.truncated, false);
    return stream.length;
  }
  for (const version of VERSIONS) {
    it(`${version}: at each byte, or each seventh on Wine`, async () => {
      const stride = strideOfBytes();
      const length = await greeted(version, 0);
      assert.ok(length > 500, `${length} bytes`);
      let next = 1;
      const work = async (): Promise<void> => {
        while (next < length) {
          const cut = next;
          next += stride;
          await greeted(version, cut).catch((error: unknown) => {
            throw new Error(`cut at ${cut} of ${length}`, { cause: error });
          });
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, work));
    });
  }

  for (const version of VERSIONS) {
    it(`${version}: at every byte at once`, async () => {
      const socket = connect({
        socket: new SlowDuplex(await greetingServer(version), 1),
        host: 'localhost',
        secureContext,
      });
      assert.equal(String(Buffer.concat((await socket.toArray()) as Buffer[])), WELCOME);
      assert.equal(socket.truncated, false);
    });
  }
});

describe('what is left of the input when a step has something to send', () => {
  for (const [value, what] of [
    [0, 'is read by that step'],
    [1, 'is for the next one'],
  ] as const) {
    it(`TLSv1.3: ${what}`, async function () {
      needsVersion(this, 'TLSv1.3');
      if (!onDouble) skip(this, 'only the double can choose so');
      await whileFixed('stopAtFlight', value, async () => {
        // The client guessed none of these curves: the server asks for another hello, and sends a change_cipher_spec
        // behind the request.
        const { transport, server, ca } = await memoryServer({ ecdhCurve: 'P-384:P-256' });
        server.once('secure', () => server.end(WELCOME));
        const socket = connect({ socket: transport, host: 'localhost', ca });
        assert.equal(String(Buffer.concat((await socket.toArray()) as Buffer[])), WELCOME);
      });
    });
  }
});
