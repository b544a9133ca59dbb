import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { connect, createSecureContext, TLSSocket, type SecureContext } from 'schannel';
import { native } from '#lib/native/load.js';
import { DamagedDuplex, type Damage } from '../../support/damaged-duplex.js';
import { handlesBackTo } from '../../support/native-store.js';
import { linkedPair, localhostServer, serverRoot } from '../../support/schannel-server.js';

const WORD = 'a word';
/** Connections at a time: the workers, node:tls and the test itself share the machine. */
const PARALLEL = 16;
/** From one byte that is damaged to the next: prime, so that it is another bit each time. */
const STRIDE = 11;
/** A damaged length makes both sides wait forever; what arrives intact takes the time it takes. */
const limitOf = (at: number): number => (at === Infinity ? 0 : 1000);

interface Outcome {
  /** What came of our side: its error, or the word that it was told. */
  readonly error: NodeJS.ErrnoException | null;
  readonly word: string;
  /** Bytes that were read before our side was secure. */
  readonly handshake: number;
}

/** Every run is a separate handshake with node:tls, one byte of which does not reach our side as it was. */
describe('a handshake', () => {
  /** Of node:tls. Its hello has no post-quantum key share, a kilobyte of one value. */
  let client: tls.SecureContext;
  let identity: { cert: string; key: string };
  const contexts = new Map<string, SecureContext>();
  before(async () => {
    const ca = (await serverRoot()).certificate.cert;
    client = tls.createSecureContext({ ca, ecdhCurve: 'P-256:X25519' });
    const { cert, key } = await localhostServer();
    identity = { cert, key };
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      contexts.set(maxVersion, createSecureContext({ cert, key, ca, maxVersion }));
  });

  /** Ours at one end of a pair, node:tls's at the other. */
  function endsOf(
    role: 'client' | 'server',
    version: string,
    ours: Duplex,
    theirs: Duplex,
    handshakeTimeout: number,
  ): [TLSSocket, tls.TLSSocket] {
    const secureContext = contexts.get(version);
    assert.ok(secureContext);
    return role === 'server'
      ? [
          new TLSSocket(ours, { isServer: true, secureContext, handshakeTimeout }),
          tls.connect({ socket: theirs, servername: 'localhost', secureContext: client }),
        ]
      : [
          connect({ socket: ours, servername: 'localhost', secureContext, handshakeTimeout }),
          // Its own context each time: with that of before, a session would be resumed.
          new tls.TLSSocket(theirs, { isServer: true, secureContext: tls.createSecureContext(identity) }),
        ];
  }

  async function shakeHands(
    role: 'client' | 'server',
    version: string,
    damage: Damage,
    at: number,
  ): Promise<Outcome> {
    const [near, far] = linkedPair();
    const stream = new DamagedDuplex(far, damage, at);
    const [socket, peer] = endsOf(role, version, stream, near, limitOf(at));
    let handshake = 0;
    let error: NodeJS.ErrnoException | null = null;
    let word = '';
    socket.once(role === 'server' ? 'secure' : 'secureConnect', () => {
      handshake = stream.length;
      peer.end(WORD);
    });
    socket.on('error', (reason: NodeJS.ErrnoException) => (error = reason));
    socket.on('data', (chunk) => {
      word += String(chunk);
      socket.end();
    });
    peer.on('error', () => peer.destroy()).resume();
    await new Promise((resolve) => socket.once('close', resolve));
    peer.destroy();
    return { error, word, handshake };
  }

  for (const role of ['server', 'client'] as const) {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      for (const [damage, title] of [
        ['flip', 'damaged at one byte fails with a code, or was not touched by it'],
        ['end', 'cut off before its end fails with a code'],
      ] as const) {
        it(`of a ${role} over ${version}, ${title}`, async () => {
          const { handshake, ...intact } = await shakeHands(role, version, damage, Infinity);
          assert.deepEqual(intact, { error: null, word: WORD });
          assert.ok(handshake > 200, `${String(handshake)} bytes`);
          const { contexts: open } = native().handleCounts();
          let next = 0;
          const work = async (): Promise<void> => {
            while (next < handshake) {
              const at = next;
              next += STRIDE;
              const { error, word } = await shakeHands(role, version, damage, at);
              const what = `byte ${String(at)} of ${String(handshake)}: ${String(error?.code)}, '${word}'`;
              assert.ok(error === null ? damage === 'flip' && word === WORD : word === '', what);
              if (error) assert.match(error.code ?? '', /^[A-Z][A-Z_]+$/, what);
            }
          };
          await Promise.all(Array.from({ length: PARALLEL }, work));
          await handlesBackTo({ ...native().handleCounts(), contexts: open });
        });
      }
    }
  }
});
