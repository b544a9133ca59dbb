import assert from 'node:assert/strict';
import type { TLSSocket } from 'schannel';
import type { TestCertificate } from '../../support/certificates.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { issueServer, SchannelServer } from '../../support/schannel-server.js';
import { needsVersion } from '../../support/windows.js';

/** The requested name, and the name in the certificate that the server should use. */
const ASKED = [
  ['one.example.com', 'one.example.com'],
  ['two.example.com', 'two.example.com'],
  ['three.test', 'three.test'],
  ['a.wild.test', '*.wild.test'],
  ['default.test', 'default.test'],
] as const;

interface Question {
  readonly port: number;
  readonly name: string;
  readonly version: '1.2' | '1.3';
}

/** How a program asks, verifying the certificate by the name, and how it reports what it saw. */
interface Program {
  readonly args: (question: Question) => readonly string[];
  /** Whether it has to be told the request. */
  readonly repeats: boolean;
  readonly version: (version: string) => RegExp;
  readonly shown: (name: string) => RegExp;
}

const escaped = (text: string): string => text.replace(/[.*]/g, '\\$&');

const PROGRAMS: Readonly<Record<string, Program>> = {
  openssl: {
    args: ({ port, name, version }) => [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name, '-ign_eof'],
      ...['-CAfile', '{file:ca}', '-verify_hostname', name, '-verify_return_error'],
      `-tls${version.replace('.', '_')}`,
    ],
    repeats: true,
    version: (version) => new RegExp(`New, TLSv${version}`),
    shown: (name) => new RegExp(`0 s:CN = ${escaped(name)}\n[^]*Verification: OK`),
  },
  curl: {
    args: ({ port, name, version }) => [
      ...['--silent', '--show-error', '--verbose', '--noproxy', '*', '--cacert', '{file:ca}'],
      ...[`--tlsv${version}`, '--tls-max', version, '--resolve', `${name}:${port}:127.0.0.1`],
      `https://${name}:${port}/`,
    ],
    repeats: false,
    version: (version) => new RegExp(`SSL connection using TLSv${version}`),
    shown: (name) => new RegExp(`subject: CN=${escaped(name)}\n[^]*SSL certificate verify ok`),
  },
  'gnutls-cli': {
    args: ({ port, name, version }) => [
      ...['--x509cafile={file:ca}', `--sni-hostname=${name}`, `--verify-hostname=${name}`],
      ...[`--priority=NORMAL:-VERS-ALL:+VERS-TLS${version}`, `--port=${port}`, '127.0.0.1'],
    ],
    repeats: true,
    version: (version) => new RegExp(`Description: \\(TLS${version}`),
    shown: (name) => new RegExp(`subject .CN=${escaped(name)}'[^]*Status: The certificate is trusted`),
  },
};

describe('programs of others as clients', () => {
  const identities = new Map<string, TestCertificate>();
  let server: SchannelServer;
  before(async () => {
    for (const [, name] of ASKED)
      identities.set(name, await issueServer({ altNames: [`DNS:${name}`], subject: `CN=${name}` }));
    server = await SchannelServer.start(of('default.test'), answer);
    for (const [, name] of ASKED.slice(0, 4)) server.server.addContext(name, of(name));
  });
  after(() => server.close());

  function of(name: string): { cert: string; key: string } {
    const { cert = '', key = '' } = identities.get(name) ?? {};
    return { cert, key };
  }

  /** Answers a request with the name that its client sent. */
  function answer(socket: TLSSocket): void {
    let request = '';
    socket.on('data', (chunk) => {
      request += String(chunk);
      if (!request.endsWith('\r\n\r\n')) return;
      const body = `served as ${String(socket.servername)}\n`;
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  }

  for (const [program, { args, repeats, version: toldVersion, shown }] of Object.entries(PROGRAMS)) {
    describe(program, () => {
      before(async function () {
        await needsPeer(this, program);
      });

      for (const version of ['1.2', '1.3'] as const) {
        it(`TLS ${version}: trusts what it is shown for each name on one port`, async function () {
          needsVersion(this, `TLSv${version}`);
          const ask = async (name: string): Promise<Peer> => {
            const question = { port: server.port, name, version };
            const peer = await startPeer(program, args(question), { files: { ca: server.ca } });
            if (repeats) peer.stdin.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
            return peer;
          };
          await Promise.all(
            ASKED.map(async ([name, certificate]) => {
              const peer = await ask(name);
              await peer.waitFor(new RegExp(`served as ${escaped(name)}\n`));
              const { code } = await peer.exited;
              const output = peer.output().replaceAll('\r\n', '\n');
              assert.match(output, toldVersion(version));
              assert.match(output, shown(certificate));
              assert.equal(code, 0, output);
            }),
          );
        });
      }
    });
  }
});
