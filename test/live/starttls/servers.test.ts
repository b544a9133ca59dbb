import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { connect, type TLSSocket } from 'schannel';
import { startTls } from 'schannel/starttls';
import type { StartTlsProtocolName } from '#lib/adapters/starttls/start-tls.js';
import { sharedRoot } from '../../support/certificates.js';
import { needsPeer, type Peer, startPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { skipOnDouble } from '../../support/windows.js';

/** A protocol on a port of a server, and how a session goes on after TLS. */
interface Session {
  readonly protocol: StartTlsProtocolName;
  /** Name of the port. */
  readonly port: string;
  /** What the client says first; empty if the server does. */
  readonly say: string;
  /** Whether this is what the server answers. Null if the session ends with the handshake. */
  readonly isAnswer: ((text: string) => boolean) | null;
  readonly from?: string;
  /** TLS from the first byte, with this protocol by ALPN, if what the server has printed says that it knows it. */
  readonly direct?: { readonly alpn: string; readonly ifPrinted: RegExp };
}

/** An anonymous bind, which the server refuses without TLS. */
const BIND = '\x30\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\x00\x80\x00';
/** StartupMessage, version 3.0. */
const STARTUP = '\x00\x00\x00\x17\x00\x03\x00\x00user\x00postgres\x00\x00';
/** HandshakeResponse41 with the flags of the SSLRequest, without a password. */
const LOGIN = `\x38\x00\x00\x02\x01\x8a\x08\x00\x00\x00\x00\x01\x21${'\x00'.repeat(23)}a\x00\x00mysql_native_password\x00`;
const stream = (attributes: string): string =>
  `<?xml version='1.0'?><stream:stream to='localhost' version='1.0' ${attributes} xmlns:stream='http://etherx.jabber.org/streams'>`;

const SERVERS: readonly { readonly server: string; readonly sessions: readonly Session[] }[] = [
  {
    server: 'dovecot',
    sessions: [
      {
        protocol: 'imap',
        port: 'imap',
        say: 'x CAPABILITY\r\n',
        isAnswer: (text) => /AUTH=PLAIN[^]*x OK/.test(text),
      },
      {
        protocol: 'pop3',
        port: 'pop3',
        say: 'CAPA\r\n',
        isAnswer: (text) => /SASL PLAIN[^]*\r\n\.\r\n/.test(text),
      },
      { protocol: 'sieve', port: 'sieve', say: '', isAnswer: (text) => /"SASL" "PLAIN"[^]*OK/.test(text) },
      {
        protocol: 'lmtp',
        port: 'lmtp',
        say: 'LHLO client.example\r\n',
        isAnswer: (text) => /^250 /m.test(text),
      },
    ],
  },
  {
    server: 'proftpd',
    sessions: [
      {
        protocol: 'ftp',
        port: 'ftp',
        say: 'PBSZ 0\r\nPROT P\r\n',
        isAnswer: (text) => /200 [^]*200 /.test(text),
      },
    ],
  },
  {
    server: 'slapd',
    sessions: [
      {
        protocol: 'ldap',
        port: 'ldap',
        say: BIND,
        isAnswer: (text) => text.startsWith('\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00'),
      },
    ],
  },
  {
    server: 'postgresql',
    sessions: [
      {
        protocol: 'postgres',
        port: 'postgres',
        say: STARTUP,
        isAnswer: (text) => text.startsWith('R\x00\x00\x00\x08\x00\x00\x00\x00'),
      },
      {
        protocol: 'postgres',
        port: 'postgres',
        direct: { alpn: 'postgresql', ifPrinted: /starting PostgreSQL (1[7-9]|[2-9]\d)/ },
        say: STARTUP,
        isAnswer: (text) => text.startsWith('R\x00\x00\x00\x08\x00\x00\x00\x00'),
      },
    ],
  },
  {
    server: 'mariadb',
    sessions: [
      {
        protocol: 'mysql',
        port: 'mysql',
        say: LOGIN,
        isAnswer: (text) => text[3] === '\x03' && ['\x00', '\xfe'].includes(text[4] ?? ''),
      },
    ],
  },
  {
    server: 'prosody',
    sessions: [
      {
        protocol: 'xmpp',
        port: 'clients',
        say: stream("xmlns='jabber:client'"),
        isAnswer: (text) => text.includes('<mechanism>PLAIN<'),
      },
      {
        protocol: 'xmpp-server',
        port: 'servers',
        from: 'b.example',
        say: stream("from='b.example' xmlns='jabber:server'"),
        isAnswer: (text) => text.includes('<stream:features><dialback'),
      },
    ],
  },
  {
    server: 'public-inbox',
    sessions: [
      {
        protocol: 'nntp',
        port: 'nntp',
        say: 'CAPABILITIES\r\n',
        isAnswer: (text) => /^101 [^]*\r\n\.\r\n$/.test(text) && !text.includes('STARTTLS'),
      },
    ],
  },
  {
    server: 'inspircd',
    sessions: [
      {
        protocol: 'irc',
        port: 'irc',
        say: 'NICK anna\r\nUSER anna 0 * :Anna\r\n',
        isAnswer: (text) => text.includes(' 001 anna '),
      },
    ],
  },
  { server: 'xrdp', sessions: [{ protocol: 'rdp', port: 'rdp', say: '', isAnswer: null }] },
];

/** Until all that the server has said is the answer. */
async function said(socket: TLSSocket, isAnswer: (text: string) => boolean): Promise<void> {
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    if (isAnswer(text)) return;
  }
  assert.fail(`the server said ${JSON.stringify(text)}`);
}

/** The servers start at the same time. */
const starting = new Map<string, Promise<Peer>>();

async function start(server: string, sessions: readonly Session[], cert: string, key: string): Promise<Peer> {
  const ports = [...new Set(sessions.map(({ port }) => `{port:${port}}`))];
  const peer = await startPeer(server, [server, '{file:cert}', '{file:key}', ...ports], {
    files: { cert, key },
  });
  await peer.waitFor(/^ready$/m);
  return peer;
}

describe('startTls with real servers', () => {
  let ca: string;
  before(async function () {
    skipOnDouble(this, 'the dialogues are in the clear, and what follows is TLS that other tests show');
    const root = await sharedRoot();
    const { cert, key } = await root.issue();
    ca = root.certificate.cert;
    for (const { server, sessions } of SERVERS) {
      const started = start(server, sessions, cert, key);
      // The suite of the server reports it.
      started.catch(() => undefined);
      starting.set(server, started);
    }
  });

  for (const { server, sessions } of SERVERS) {
    describe(server, () => {
      let peer: Peer | null = null;
      before(async function () {
        await needsPeer(this, server);
        peer = (await starting.get(server)) ?? null;
      });
      after(() => peer?.stop());

      for (const { protocol, port, say, isAnswer, from, direct } of sessions) {
        it(`speaks ${protocol} under TLS${direct ? ' from the first byte' : ''}`, async function () {
          if (direct && !direct.ifPrinted.test(peer?.output() ?? ''))
            skip(this, 'the server is too old for it');
          const transport = net.connect(peer?.ports[port] ?? 0, '127.0.0.1');
          const options = { servername: 'localhost', ca };
          const socket = direct
            ? connect({ socket: transport, ALPNProtocols: [direct.alpn], ...options })
            : await startTls(transport, { protocol, from, ...options });
          if (direct) await once(socket, 'secureConnect');
          assert.equal(socket.authorized, true);
          if (isAnswer !== null) {
            socket.write(say, 'latin1');
            await said(socket, isAnswer);
          }
          socket.destroy();
        });
      }
    });
  }
});
