import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostfix } from '../../support/mail-postfix.js';
import { needsPeer, type Peer, startPeer } from '../../support/peers.js';
import { RecordingRelay } from '../../support/recording-relay.js';
import { startSchannel } from '../../support/schannel-process.js';
import { issueServer, serverRoot } from '../../support/schannel-server.js';

/** What is said in the clear, and must never be on the wire: of mail, of its protocols, of the directory. */
const PLAIN = [
  'the-door-is-green',
  'MAIL FROM',
  'b@mail.test',
  'Postfix',
  'IMAP4rev1',
  'SELECT INBOX',
  'opened-by-ldap',
];

const MESSAGE = ['From: a@mail.test', 'To: b@mail.test', 'Subject: door', '', 'the-door-is-green', ''].join(
  '\r\n',
);

/** A process with the tunnels of one machine. */
class Machine {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ports: Promise<readonly number[]>;
  #printed = '';

  constructor(file: string, sections: number) {
    this.#child = startSchannel(['tunnel', file]);
    this.#ports = new Promise((resolve, reject) => {
      const look = (text: string): void => {
        this.#printed += text;
        const lines = [...this.#printed.matchAll(/^(?:\[\w+\] )?listening on 127\.0\.0\.1:(\d+) → /gm)];
        if (lines.length === sections) resolve(lines.map(([, port]) => Number(port)));
      };
      this.#child.stdout.setEncoding('utf8').on('data', look);
      this.#child.stderr.setEncoding('utf8').on('data', look);
      this.#child.on('close', (code) => {
        reject(new Error(`the tunnels of ${file} ended with ${String(code)}:\n${this.#printed}`));
      });
    });
    this.#ports.catch(() => undefined);
  }

  /** Where its tunnels listen, in the order of the file. */
  get ports(): Promise<readonly number[]> {
    return this.#ports;
  }

  /** What it has said so far. */
  get printed(): string {
    return this.#printed;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill();
    await closed;
  }
}

describe('a laboratory of four machines with schannel tunnel', () => {
  let folder = '';
  before(async function () {
    for (const peer of ['dovecot', 'slapd', 'postfix', 'curl']) await needsPeer(this, peer);
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-lab-'));
  });

  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  function machine(
    name: string,
    sections: readonly (readonly string[])[],
    defaults: readonly string[],
  ): Machine {
    const file = path.join(folder, `${name}.conf`);
    writeFileSync(file, [...defaults, ...sections.flat(), ''].join('\n'));
    const made = new Machine(file, sections.length);
    ends.push(() => made.stop());
    return made;
  }

  async function relay(to?: number): Promise<RecordingRelay> {
    const made = await RecordingRelay.start();
    if (to !== undefined) made.leadTo(to);
    ends.push(() => made.close());
    return made;
  }

  async function server(name: string, ports: readonly string[]): Promise<Peer> {
    const [program = ''] = name.split('-');
    const peer = await startPeer(program, [name, '-', '-', ...ports.map((port) => `{port:${port}}`)]);
    ends.push(() => peer.stop());
    await peer.waitFor(/^ready$/m);
    return peer;
  }

  async function curl(...args: string[]): Promise<string> {
    const peer = await startPeer('curl', ['--silent', '--show-error', ...args], {
      files: { message: MESSAGE },
    });
    const { code } = await peer.exited;
    assert.equal(code, 0, peer.output());
    return peer.output();
  }

  it('carries mail and a directory, and no plain byte is on the wire', async () => {
    for (const [file, options] of [
      ['mail.pem', { subject: 'CN=mail' }],
      ['directory.pem', { subject: 'CN=directory' }],
    ] as const) {
      const { cert, key } = await issueServer(options);
      writeFileSync(path.join(folder, file), `${cert}\n${key}`);
    }
    writeFileSync(path.join(folder, 'ca.pem'), (await serverRoot()).certificate.cert);

    const wires = { imaps: await relay(), smtps: await relay(), ldaps: await relay() };
    const client = (name: keyof typeof wires): string[] => [
      ...[`[${name}]`, 'client = yes', 'accept = 127.0.0.1:0', `connect = localhost:${wires[name].port}`],
    ];
    const trust = ['CAfile = ca.pem'];
    const web = machine('web', [client('imaps'), client('smtps'), client('ldaps')], trust);
    const gateway = machine('gateway', [client('smtps')], trust);

    const [slapd, dovecot] = await Promise.all([
      server('slapd-clear', ['ldap']),
      server('dovecot-clear', ['imap', 'lmtp']),
    ]);
    const postfix = await startPostfix([{ name: 'smtp' }], dovecot.ports['lmtp']);
    ends.push(() => postfix.stop());
    const behind = {
      imaps: await relay(dovecot.ports['imap']),
      smtps: await relay(postfix.ports['smtp']),
      ldaps: await relay(slapd.ports['ldap']),
    };
    const clear = (name: keyof typeof behind): string[] => [
      ...[`[${name}]`, 'accept = 127.0.0.1:0', `connect = ${behind[name].port}`],
    ];
    const mail = machine(
      'mail',
      [clear('imaps'), clear('smtps'), client('ldaps')],
      ['cert = mail.pem', ...trust],
    );
    const directory = machine('directory', [clear('ldaps')], ['cert = directory.pem']);
    const all = [web, gateway, mail, directory];
    const [atWeb, atGateway, atMail, atDirectory] = await Promise.all(all.map(({ ports }) => ports));
    wires.imaps.leadTo(atMail?.[0] ?? 0);
    wires.smtps.leadTo(atMail?.[1] ?? 0);
    wires.ldaps.leadTo(atDirectory?.[0] ?? 0);

    const send = (port: number | undefined): Promise<string> =>
      curl(
        ...[`smtp://127.0.0.1:${port ?? 0}`, '--mail-from', 'a@mail.test', '--mail-rcpt', 'b@mail.test'],
        ...['--upload-file', '{file:message}'],
      );
    await Promise.all([send(atWeb?.[1]), send(atGateway?.[0])]);
    // Postfix delivers after it has answered.
    await dovecot.waitFor(/saved mail to INBOX[^]*saved mail to INBOX/);
    const inbox = `imap://127.0.0.1:${atWeb?.[0] ?? 0}/INBOX`;
    const login = ['--user', 'b@mail.test:secret'];
    const [first, second, ...searched] = await Promise.all([
      ...[1, 2].map((index) => curl(`${inbox};MAILINDEX=${index}`, ...login)),
      ...[atWeb?.[2], atMail?.[2]].map((port) =>
        curl(`ldap://127.0.0.1:${port ?? 0}/dc=example?description?sub?(cn=door)`),
      ),
    ]);
    for (const text of [first, second]) assert.match(text ?? '', /the-door-is-green/);
    for (const text of searched) assert.match(text, /opened-by-ldap/);

    const recorded = (relays: typeof wires): Buffer[] =>
      Object.values(relays).flatMap((each) => [each.recorded('there'), each.recorded('back')]);
    for (const plain of PLAIN) {
      assert.ok(
        recorded(behind).some((bytes) => bytes.includes(plain)),
        `${plain} was never said`,
      );
      assert.ok(!recorded(wires).some((bytes) => bytes.includes(plain)), `${plain} was on the wire`);
    }
    // A handshake of TLS begins each.
    for (const bytes of recorded(wires)) assert.equal(bytes.toString('latin1', 0, 2), '\x16\x03');
    for (const { printed } of all) assert.doesNotMatch(printed, /connection \d/);
  });
});
