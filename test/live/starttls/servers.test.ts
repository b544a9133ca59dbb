import assert from 'node:assert/strict';
import net from 'node:net';
import { startTls } from 'schannel/starttls';
import type { TLSSocket } from 'schannel';
import type { StartTlsProtocolName } from '#lib/adapters/starttls/start-tls.js';
import { sharedRoot } from '../../support/certificates.js';
import { needsPeer, type Peer, startPeer } from '../../support/peers.js';

/** A protocol on a port of a server, and how a session goes on after TLS. */
interface Session {
  readonly protocol: StartTlsProtocolName;
  /** Name of the port. */
  readonly port: string;
  /** What the client says first; empty if the server does. */
  readonly say: string;
  /** What the server answers. */
  readonly expect: RegExp;
}

const SERVERS: readonly { readonly server: string; readonly sessions: readonly Session[] }[] = [
  {
    server: 'dovecot',
    sessions: [
      { protocol: 'imap', port: 'imap', say: 'x CAPABILITY\r\n', expect: /AUTH=PLAIN[^]*x OK/ },
      { protocol: 'pop3', port: 'pop3', say: 'CAPA\r\n', expect: /SASL PLAIN[^]*\r\n\.\r\n/ },
      { protocol: 'sieve', port: 'sieve', say: '', expect: /"SASL" "PLAIN"[^]*OK/ },
    ],
  },
  {
    server: 'proftpd',
    sessions: [{ protocol: 'ftp', port: 'ftp', say: 'PBSZ 0\r\nPROT P\r\n', expect: /200 [^]*200 / }],
  },
];

/** Until all that the server has said matches. */
async function said(socket: TLSSocket, expected: RegExp): Promise<void> {
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    if (expected.test(text)) return;
  }
  assert.fail(`the server said ${JSON.stringify(text)}`);
}

describe('startTls with real servers', () => {
  for (const { server, sessions } of SERVERS) {
    describe(server, () => {
      let peer: Peer | null = null;
      let ca: string;
      before(async function () {
        await needsPeer(this, server);
        const root = await sharedRoot();
        const { cert, key } = await root.issue();
        ca = root.certificate.cert;
        const ports = sessions.map(({ port }) => `{port:${port}}`);
        const files = { cert, key };
        peer = await startPeer(server, [server, '{file:cert}', '{file:key}', ...ports], { files });
        await peer.waitFor(/^ready$/m);
      });
      after(() => peer?.stop());

      for (const { protocol, port, say, expect } of sessions) {
        it(`speaks ${protocol} under TLS`, async () => {
          const transport = net.connect(peer?.ports[port] ?? 0, '127.0.0.1');
          const socket = await startTls(transport, { protocol, servername: 'localhost', ca });
          assert.equal(socket.authorized, true);
          socket.write(say);
          await said(socket, expect);
          socket.destroy();
        });
      }
    });
  }
});
