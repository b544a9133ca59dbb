import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import { connect } from 'schannel';
import { JoiningDuplex } from '../../support/joining-duplex.js';
import { watch } from '../../support/outcome.js';
import { skip } from '../../support/skip.js';
import { localhostIdentity, memoryServer, startPlainServer } from '../../support/tls-server.js';
import { capabilities } from '../../support/windows.js';

/** The context that node wraps. Its list of suites also counts for later handshakes of open connections. */
interface Listing {
  readonly context: { setCiphers(list: string): void };
}

const FIRST = 'ECDHE-ECDSA-AES256-GCM-SHA384';
/** Its records are longer, and by an amount that depends on the data. */
const LATER = 'ECDHE-ECDSA-AES128-SHA256';

describe('a renegotiation', () => {
  before(function () {
    if (!capabilities().renegotiation) skip(this, 'this Windows takes no part in one');
  });

  /** What a client gets from a server that negotiates `LATER` in place of the first suite, and then says a word. */
  async function renegotiated(ciphers: string): Promise<{ codes: unknown[]; text: string }> {
    const { certificate, ca } = await localhostIdentity();
    const { cert, key } = certificate;
    const secureOptions = constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION;
    const secureContext = tls.createSecureContext({
      cert,
      key,
      ciphers: FIRST,
      maxVersion: 'TLSv1.2',
      secureOptions,
    });
    const server = await startPlainServer((plain) => {
      const peer = new tls.TLSSocket(plain, { isServer: true, secureContext });
      peer.on('error', () => undefined);
      peer.once('data', () => {
        (secureContext as unknown as Listing).context.setCiphers(LATER);
        peer.renegotiate({}, () => {
          peer.write('a word');
          peer.once('data', (chunk: Buffer) => peer.end(chunk));
        });
      });
    });
    const socket = connect({ port: server.port, host: 'localhost', ca, ciphers });
    await once(socket, 'secureConnect');
    assert.equal(socket.getCipher()?.name, FIRST);
    const outcome = watch(socket);
    let text = '';
    socket.once('data', () => socket.write(' and another'));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write('please');
    await outcome.closed;
    await server.close();
    return { codes: outcome.errors.map(({ code }) => code), text };
  }

  it('may change the suite to another one that is allowed', async () => {
    assert.deepEqual(await renegotiated(`${FIRST}:${LATER}`), { codes: [], text: 'a word and another' });
  });

  it('is judged like the first handshake, before anything of it is read', async () => {
    const refused = { codes: ['ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM'], text: '' };
    assert.deepEqual(await renegotiated(FIRST), refused);
  });

  it('may be asked for together with the end of the first handshake', async () => {
    const { transport, server, ca } = await memoryServer({ maxVersion: 'TLSv1.2' });
    const rounds = new Promise<void>((resolve) => {
      server.once('secure', () => server.renegotiate({}, () => resolve()));
    });
    const socket = connect({ socket: new JoiningDuplex(transport), host: 'localhost', ca });
    await rounds;
    server.end('a word');
    assert.equal(String(Buffer.concat((await socket.toArray()) as Buffer[])), 'a word');
  });
});
