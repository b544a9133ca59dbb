import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { createServer } from 'schannel';
import { acceptStartTls, type AcceptStartTlsOptions, type ServerProtocolName } from 'schannel/starttls';
import { needsPeer, startPeer } from '../../support/peers.js';
import { issueServer, serverRoot } from '../../support/schannel-server.js';
import { skipOnDouble } from '../../support/windows.js';

/** A client of others, which verifies the server, and what it prints of a session over TLS. */
interface Client {
  readonly program: string;
  /** The port: a protocol, or one for both kinds of clients. */
  readonly name: string;
  readonly args: (port: number) => readonly string[];
  readonly prints: RegExp;
}

const PROTOCOLS = ['smtp', 'imap', 'pop3', 'ldap', 'postgres'] as const;

/** Clients may begin with TLS or ask for it. */
const BOTH = 'smtp that begins with TLS';

const CURL = ['--silent', '--show-error', '--verbose', '--noproxy', '*', '--cacert', '{file:ca}'];

const openssl = (name: string, starttls: readonly string[], prints: RegExp): Client => ({
  program: 'openssl',
  name,
  args: (port) => [
    ...['s_client', ...starttls, '-connect', `localhost:${port}`, '-4', '-quiet'],
    ...['-CAfile', '{file:ca}', '-verify_return_error', '-verify_hostname', 'localhost'],
  ],
  prints,
});

const curl = (protocol: 'smtp' | 'imap' | 'pop3', prints: RegExp): Client => ({
  program: 'curl',
  name: protocol,
  args: (port) => [...CURL, '--ssl-reqd', '--ipv4', '--request', 'NOOP', `${protocol}://localhost:${port}`],
  prints,
});

const CLIENTS: readonly Client[] = [
  ...PROTOCOLS.map((each) => openssl(each, ['-starttls', each], /over TLS/)),
  openssl(BOTH, [], /220 begun with TLS[^]*250 over TLS/),
  curl('smtp', /STARTTLS[^]*SSL certificate verify ok[^]*> NOOP[^]*< 250 over TLS/),
  curl('imap', /STARTTLS[^]*SSL certificate verify ok[^]*NOOP[^]*OK over TLS/),
  curl('pop3', /STLS[^]*SSL certificate verify ok[^]*> NOOP[^]*< \+OK over TLS/),
  {
    program: 'psql',
    name: 'postgres',
    args: (port) => [
      `host=localhost hostaddr=127.0.0.1 port=${port} user=me dbname=it sslmode=verify-full sslrootcert={file:ca}`,
    ],
    prints: /FATAL: {2}over TLS/,
  },
  {
    program: 'ldapsearch',
    name: 'ldap',
    args: (port) => [
      // In place of localhost it would look for the name of this machine in the certificate.
      ...['-o', 'TLS_CACERT={file:ca}', '-H', `ldap://127.0.0.1:${port}`],
      ...['-x', '-ZZ', '-s', 'base', '-b', ''],
    ],
    prints: /result: 53 Server is unwilling to perform\ntext: over TLS/,
  },
];

/** An answer to each line. */
const lines =
  (answer: (line: string) => string) =>
  (chunk: string): string =>
    chunk
      .split('\r\n')
      .filter((line) => line !== '')
      .map(answer)
      .join('');

/** As little of a server as these clients need over TLS; text is latin1. */
const SERVERS: Readonly<Record<ServerProtocolName, (chunk: string) => string>> = {
  smtp: lines((line) => (line.startsWith('QUIT') ? '221 bye\r\n' : '250 over TLS\r\n')),
  imap: lines((line) => `${line.split(' ')[0] ?? ''} OK over TLS\r\n`),
  pop3: lines((line) => (line === 'CAPA' ? '-ERR\r\n' : '+OK over TLS\r\n')),
  // Success for a bind, and unwillingToPerform at the end of a search.
  ldap: (chunk) =>
    chunk[5] === '\x60'
      ? `\x30\x0c\x02\x01${chunk.charAt(4)}\x61\x07\x0a\x01\x00\x04\x00\x04\x00`
      : `\x30\x14\x02\x01${chunk.charAt(4)}\x65\x0f\x0a\x01\x35\x04\x00\x04\x08over TLS`,
  postgres: () => 'E\x00\x00\x00\x24SFATAL\x00VFATAL\x00C28000\x00Mover TLS\x00\x00',
};

describe('acceptStartTls with clients of others', () => {
  const listening: net.Server[] = [];
  const ports = new Map<string, number>();
  const failures: unknown[] = [];
  let ca: string;
  before(async function () {
    skipOnDouble(this, 'the dialogues are in the clear, and what follows is TLS that other tests show');
    ca = (await serverRoot()).certificate.cert;
    const tls = createServer(await issueServer());
    for (const protocol of PROTOCOLS) await listen(protocol, { protocol, server: tls });
    // A client that speaks first has all the time that it needs.
    await listen(BOTH, { protocol: 'smtp', server: tls, implicitTls: true, implicitTlsWait: 30_000 });
  });
  after(() => listening.forEach((server) => server.close()));

  async function listen(name: string, options: AcceptStartTlsOptions): Promise<void> {
    const server = net.createServer((clear) => void serve(clear, options));
    listening.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.set(name, (server.address() as AddressInfo).port);
  }

  async function serve(clear: net.Socket, options: AcceptStartTlsOptions): Promise<void> {
    try {
      const { socket, isImplicit } = await acceptStartTls(clear, { name: 'a.example', ...options });
      socket.on('error', () => undefined);
      if (isImplicit) socket.write('220 begun with TLS\r\n');
      socket.on('data', (chunk: Buffer) => {
        socket.write(SERVERS[options.protocol](chunk.toString('latin1')), 'latin1');
      });
    } catch (error) {
      failures.push(error);
    }
  }

  async function run({ program, name, args, prints }: Client): Promise<void> {
    const peer = await startPeer(program, args(ports.get(name) ?? 0), { files: { ca } });
    try {
      if (program === 'openssl') peer.stdin.write('x NOOP\r\n');
      await peer.waitFor(prints);
    } finally {
      await peer.stop();
    }
  }

  for (const program of new Set(CLIENTS.map((client) => client.program))) {
    describe(program, () => {
      before(async function () {
        await needsPeer(this, program);
      });
      const clients = CLIENTS.filter((client) => client.program === program);
      it(`speaks ${clients.map(({ name }) => name).join('; ')}`, async () => {
        await Promise.all(clients.map(run));
        assert.deepEqual(failures, []);
      });
    });
  }
});
