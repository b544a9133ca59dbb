import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import tls from 'node:tls';
import type { CommandLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { daysFromNow, sharedRoot, type TestAuthority } from '../../support/certificates.js';
import { commandLibrary } from '../../support/command-library.js';
import { MAIL_PASSWORD, startMailServer, type MailServer } from '../../support/mail-server.js';
import { capturedIO, type CapturedIO, type CapturedIOOptions } from '../../support/captured-io.js';
import { oddLeaf, UNREADABLE } from '../../support/odd-leaf.js';

interface Outcome extends CapturedIO {
  readonly code: number;
}

async function schannel(args: readonly string[], options: CapturedIOOptions = {}): Promise<Outcome> {
  const io = capturedIO(options);
  return { ...io, code: await run(args, '1.2.3', commandLibrary(), io) };
}

/** The JSON a command has printed, as far as these tests look at it. */
interface Printed {
  readonly ok: boolean;
  readonly accepted?: string[];
  readonly rejected?: string[];
  readonly connection?: {
    readonly protocol: string;
    readonly cipherSuite: string;
    readonly alpnProtocol: string | null;
  };
  readonly certificates?: { readonly subject: string }[];
  readonly trust?: { readonly authorized: boolean; readonly anchors: string };
  readonly error: { readonly code?: string; readonly message: string } | null;
}

const printed = (outcome: Outcome): Printed => JSON.parse(outcome.output()) as Printed;

describe('cli/program', () => {
  let folder: string;
  let root: TestAuthority;
  let ca: string;
  const closing: (() => unknown)[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'schannel-cli-'));
    root = await sharedRoot();
    ca = join(folder, 'ca.pem');
    writeFileSync(ca, root.certificate.cert);
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function serve(options: Parameters<typeof startMailServer>[0] = {}): Promise<MailServer> {
    const { cert, key } = await root.issue();
    const server = await startMailServer({ cert, key, ...options });
    closing.push(() => server.close());
    return server;
  }

  const mailTo = (port: number, ...more: string[]): string[] => [
    ...['mail', '--host', 'localhost', '--port', String(port), '--ca', ca],
    ...['--from', 'a@mail.test', '--to', 'b@mail.test', ...more],
  ];

  describe('itself', () => {
    it('prints its version and its help', async () => {
      assert.equal((await schannel(['--version'])).output(), '1.2.3\n');
      const help = await schannel(['--help']);
      assert.equal(help.code, 0);
      assert.match(help.output(), /connect.*\n/);
      assert.match(help.output(), /Exit codes:\n {3}0 {2}done\n/);
    });

    it('says who has the port that it can not have', async () => {
      const listen = (more: object): Promise<never> =>
        Promise.reject(Object.assign(new Error('listen EADDRINUSE'), { syscall: 'listen', ...more }));
      const asked: unknown[] = [];
      const failing = async (more: object, why: string | null, ...args: string[]): Promise<Outcome> => {
        const io = capturedIO();
        const library = {
          ...commandLibrary(undefined, () => listen(more)),
          whyNotListen: (...question: unknown[]) => {
            asked.push(question);
            return Promise.resolve(why);
          },
        };
        return { ...io, code: await run(['doctor', ...args], '1', library, io) };
      };
      const taken = { code: 'EADDRINUSE', port: 443 };
      const told = await failing(taken, 'http.sys listens there');
      assert.equal(told.code, 14);
      assert.match(
        told.errors(),
        /advice {2}Take another port, or stop what has this one: http\.sys listens there\.\n/,
      );
      const json = await failing(taken, 'http.sys listens there', '--json');
      assert.match(json.output(), /"advice": "Take another port/);
      assert.doesNotMatch((await failing(taken, null)).errors(), /advice/);
      assert.match((await failing({ ...taken, advice: 'Wait.' }, 'x')).errors(), /advice {2}Wait\.\n/);
      await failing({ code: 'EADDRINUSE' }, 'x');
      await failing({ ...taken, syscall: 'connect' }, 'x');
      assert.deepEqual(asked, Array(3).fill([443, 'EADDRINUSE']));
    });

    for (const args of [
      [],
      ['frobnicate'],
      ['mail'],
      ['mail', '--host', 'x', '--from', 'a@x', '--password', 'y'],
      ['mail', '--host', 'x', '--from', 'a@x', '--to', 'b@x', '--port', '0'],
      ['mail', '--host', 'x', '--from', 'a@x'],
      ['mail', '--host', 'x', '--from', 'a@x', '--to', 'b@x', '--text', '-', '--html', '-'],
      ['mail', '--host', 'x', '--from', 'a@x', '--to', 'b@x', '--attach', join('no', 'such', 'file')],
      ['mail', '--host', 'x', '--from', 'a@x', '--to', 'b@x', '--text', '@no-such-file'],
      ['mail', '--host', 'x', '--from', 'a@x', '--to', 'b@x', '--user', 'anna'],
      ['connect'],
      ['connect', 'no-port'],
      ['connect', 'x:99999'],
      ['connect', '::1:25'],
      ['connect', 'x:25', '--starttls', 'gopher'],
      ['connect', 'x:25', '--min-version', 'TLSv1'],
      ['connect', 'x:25', '--revocation', 'perhaps'],
      ['connect', 'x:25', '--timeout', 'soon'],
      ['connect', 'x:25', '--ca', 'no-such-file.pem'],
    ]) {
      it(`ends with 2 and a word for: ${args.join(' ') || '(nothing)'}`, async () => {
        const outcome = await schannel(args);
        assert.equal(outcome.code, 2, outcome.errors());
        assert.notEqual(outcome.errors(), '');
        assert.equal(outcome.output(), '');
      });
    }
  });

  describe('mail', () => {
    it('sends text, HTML and attachments to all kinds of recipients', async () => {
      const server = await serve();
      const file = join(folder, 'figures.csv');
      writeFileSync(file, 'a,b\n1,2\n');
      const more = [
        '--cc',
        'c@mail.test',
        '--bcc',
        'hidden@mail.test',
        '--subject',
        'grüße',
        '--text',
        'hello',
      ];
      const outcome = await schannel(mailTo(server.port, ...more, '--html', '<p>hello', '--attach', file));
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(
        outcome.output(),
        /^sent <.+> to b@mail\.test, c@mail\.test, hidden@mail\.test\nserver 250 OK/,
      );
      const [message] = server.messages;
      assert.deepEqual(message?.to, ['b@mail.test', 'c@mail.test', 'hidden@mail.test']);
      const content = String(message.content);
      assert.match(content, /Subject: =\?UTF-8\?/);
      assert.match(content, /filename=figures\.csv/);
      assert.ok(content.includes(Buffer.from('a,b\n1,2\n').toString('base64')));
      assert.doesNotMatch(content, /hidden@mail\.test/);
    });

    it('reads the body from standard input or a file, or as text with a leading @', async () => {
      const server = await serve();
      const file = join(folder, 'body.txt');
      writeFileSync(file, 'from the file');
      await schannel(mailTo(server.port, '--text', '-'), {
        stdin: Readable.from([Buffer.from('from the pipe')]),
      });
      await schannel(mailTo(server.port, '--text', `@${file}`));
      await schannel(mailTo(server.port, '--text', '@@home'));
      const bodies = server.messages.map(({ content }) => String(content).split('\r\n\r\n')[1]?.trim());
      assert.deepEqual(bodies, ['from the pipe', 'from the file', '@home']);
    });

    it('prints one JSON object', async () => {
      const server = await serve();
      const outcome = await schannel(mailTo(server.port, '--json'));
      const result = printed(outcome);
      assert.equal(outcome.code, 0);
      assert.equal(result.ok, true);
      assert.deepEqual(result.accepted, ['b@mail.test']);
      assert.equal(result.connection?.protocol, 'TLSv1.3');
      assert.equal(result.trust?.authorized, true);
      assert.equal(result.trust.anchors, 'ca');
      assert.equal(result.certificates?.[0]?.subject, 'CN=localhost');
      assert.equal(result.error, null);
    });

    it('shows dialogue and TLS facts, but never the password', async () => {
      for (const method of ['PLAIN', 'LOGIN']) {
        const server = await serve({ authMethods: [method] });
        const outcome = await schannel(mailTo(server.port, '--user', 'anna', '--verbose'), {
          env: { SCHANNEL_PASSWORD: MAIL_PASSWORD },
        });
        assert.equal(outcome.code, 0, outcome.errors());
        const log = outcome.errors();
        const at = [
          'S: 220 mail.test ESMTP',
          'C: STARTTLS',
          '-- TLS',
          'TLSv1.3',
          `C: AUTH ${method}`,
          'C: DATA',
        ].map((line) => log.indexOf(line));
        assert.deepEqual(
          at,
          [...at].sort((a, b) => a - b),
        );
        assert.ok(at[0] === 0, log);
        const plain = Buffer.from(`\u0000anna\u0000${MAIL_PASSWORD}`).toString('base64');
        for (const secret of [MAIL_PASSWORD, Buffer.from(MAIL_PASSWORD).toString('base64'), plain]) {
          assert.ok(!`${log}${outcome.output()}`.includes(secret));
        }
        if (method === 'PLAIN') assert.match(log, /^C: AUTH PLAIN \*\*\*$/m);
        // nodemailer is told a greeting after STARTTLS that no server has sent.
        assert.doesNotMatch(log, /220 secured/);
        assert.deepEqual(server.passwords, [MAIL_PASSWORD]);
      }
    });

    it('shows no control characters of the server', async () => {
      const hostile = '\u001b]52;c;aGk=\u0007\u009b2J\u202eevil';
      const { cert, key } = await root.issue();
      // smtp-server cleans what it is told to say.
      const server = tls.createServer({ cert, key }, (socket) => {
        const answers: Readonly<Record<string, string>> = { DATA: '354 go on', QUIT: '221 bye' };
        let isMessage = false;
        socket.on('error', () => undefined).write(`220 ${hostile}\r\n`);
        createInterface(socket).on('line', (line) => {
          if (isMessage && line !== '.') return;
          isMessage = line === 'DATA';
          socket.write(`${answers[line] ?? `250 ${hostile}`}\r\n`);
        });
      });
      closing.push(() => server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const args = [...mailTo((server.address() as AddressInfo).port), '--secure'];
      const plain = await schannel([...args, '--verbose']);
      assert.match(plain.output(), /server 250 .*evil\n/);
      const json = await schannel([...args, '--json']);
      assert.match(String((printed(json) as { response?: string }).response), /\u009b2J\u202eevil/);
      for (const text of [plain.output(), plain.errors(), json.output()])
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    });

    it('ends with 8 for a wrong password, and for a server that takes none', async () => {
      const server = await serve();
      const wrong = { env: { SCHANNEL_PASSWORD: 'wrong' } };
      assert.equal((await schannel(mailTo(server.port, '--user', 'anna'), wrong)).code, 8);
      const silent = await serve({ disabledCommands: ['AUTH'] });
      assert.equal((await schannel(mailTo(silent.port, '--user', 'anna'), wrong)).code, 8);
      assert.deepEqual([...server.messages, ...silent.messages], []);
    });

    it('ends with 7 for refused recipients, all or some', async () => {
      const server = await serve();
      const none = await schannel([...mailTo(server.port).slice(0, -1), 'nobody@mail.test']);
      assert.equal(none.code, 7);
      assert.match(none.errors(), /550 No such user/);
      const some = await schannel(mailTo(server.port, 'nobody@mail.test'));
      assert.equal(some.code, 7);
      assert.match(some.output(), /refused nobody@mail\.test/);
      assert.equal(server.messages.length, 1);
    });

    it('ends with 4 for a server without STARTTLS', async () => {
      const server = await serve({ disabledCommands: ['STARTTLS'] });
      const outcome = await schannel(mailTo(server.port, '--json'));
      assert.equal(outcome.code, 4);
      assert.equal(printed(outcome).error?.code, 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE');
      assert.deepEqual(server.messages, []);
    });

    it('ends with 3 if nothing listens, and after the time limit', async () => {
      const server = await serve();
      await server.close();
      assert.equal((await schannel(mailTo(server.port))).code, 3);
      const silent = await serve({ onConnect: () => undefined });
      const outcome = await schannel(mailTo(silent.port, '--timeout', '1'));
      assert.equal(outcome.code, 3);
      assert.match(outcome.errors(), /^The message to localhost took longer than 1 s\n/);
    });
  });

  describe('with a server whose certificate OpenSSL cannot read', () => {
    const sockets: tls.TLSSocket[] = [];
    afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

    /** Windows has built a chain with it, and trusts it. */
    const unreadable = (): CommandLibrary => {
      const { der } = oddLeaf(root.certificate, UNREADABLE['a subject of invalid UTF-8']);
      const verification = {
        error: null,
        chain: [der],
        anchors: 'ca',
        revocation: 'not-checked',
        ignored: [],
      };
      const connect: CommandLibrary['tls']['connect'] = (options) => {
        const socket = tls.connect(options);
        sockets.push(socket);
        return Object.assign(socket, { verification }) as ReturnType<CommandLibrary['tls']['connect']>;
      };
      const { tls: usual, ...library } = commandLibrary();
      return { ...library, tls: { ...usual, connect, startTls: createStartTls(connect) } };
    };

    it('connect shows what can be shown, and ends the connection', async () => {
      const server = await serve({ secure: true });
      const io = capturedIO();
      const args = ['connect', `localhost:${server.port}`, '--ca', ca];
      assert.equal(await run(args, '1.2.3', unreadable(), io), 0, io.errors());
      assert.match(io.output(), /1 {2}a certificate that cannot be read\n {3}thumbprint +[0-9A-F]{40}\n/);
      assert.match(io.output(), /Verdict accepted\n$/);
      assert.deepEqual(
        sockets.map(({ destroyed }) => destroyed),
        [true],
      );
    });

    it('connect ends the connection also when it cannot look at it', async () => {
      const server = await serve({ secure: true });
      const io = capturedIO();
      const library = unreadable();
      const { connect } = library.tls;
      const broken: CommandLibrary = {
        ...library,
        tls: {
          ...library.tls,
          connect: (options) =>
            Object.assign(connect(options), {
              getCipher: (): never => {
                throw new Error('nothing to see');
              },
            }),
        },
      };
      const args = ['connect', `localhost:${server.port}`, '--ca', ca];
      assert.equal(await run(args, '1.2.3', broken, io), 1);
      assert.deepEqual(
        sockets.map(({ destroyed }) => destroyed),
        [true],
      );
    });

    it('mail is sent where Windows trusts it', async () => {
      const server = await serve();
      const io = capturedIO();
      assert.equal(await run(mailTo(server.port, '--verbose'), '1.2.3', unreadable(), io), 0, io.errors());
      assert.match(io.errors(), /a certificate that cannot be read/);
      assert.equal(server.messages.length, 1);
    });
  });

  describe('connect', () => {
    it('shows a trusted server by STARTTLS', async () => {
      const server = await serve();
      const outcome = await schannel([
        'connect',
        `localhost:${server.port}`,
        '--starttls',
        'smtp',
        '--ca',
        ca,
      ]);
      assert.equal(outcome.code, 0, outcome.errors());
      const shown = outcome.output();
      assert.match(shown, /protocol +TLSv1\.3\n/);
      assert.match(shown, /1 {2}CN=localhost\n {3}issuer +CN=schannel test root\n/);
      assert.match(shown, /trusted by +only the certificates of --ca/);
      assert.match(shown, /Verdict accepted\n$/);
    });

    it('asks for TLS in a protocol without lines', async () => {
      const { cert, key } = await root.issue();
      const requests: string[] = [];
      const server = net.createServer((plain) => {
        plain.once('data', (request) => {
          requests.push(request.toString('hex'));
          plain.write('S');
          new tls.TLSSocket(plain, { isServer: true, cert, key }).on('error', () => undefined);
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      closing.push(() => server.close());
      const { port } = server.address() as AddressInfo;
      const outcome = await schannel(['connect', `localhost:${port}`, '--starttls', 'postgres', '--ca', ca]);
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(outcome.output(), /STARTTLS \(postgres\)/);
      assert.deepEqual(requests, ['0000000804d2162f']);
    });

    it('shows one that is not trusted, and ends with 6', async () => {
      const server = await serve({ secure: true });
      const outcome = await schannel(['connect', `localhost:${server.port}`, '--json']);
      assert.equal(outcome.code, 6);
      const result = printed(outcome);
      assert.equal(result.ok, false);
      assert.equal(result.error?.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      assert.equal(result.certificates?.length, 1);
    });

    it('accepts any certificate when told to, and still says what is wrong', async () => {
      const { cert, key } = await root.issue({ notAfter: daysFromNow(-0.01), notBefore: daysFromNow(-3) });
      const server = await serve({ secure: true, cert, key });
      const args = ['connect', `localhost:${server.port}`, '--ca', ca, '--danger-accept-any-certificate'];
      const outcome = await schannel(args);
      assert.equal(outcome.code, 0);
      assert.match(outcome.output(), /not accepted, but used anyway[^]*CERT_HAS_EXPIRED/);
    });

    it('makes application protocols printable', async () => {
      const name = '\u001b]0;title\u0007';
      const { cert, key } = await root.issue();
      const server = tls.createServer({ cert, key, ALPNCallback: () => name }).listen(0, '127.0.0.1');
      closing.push(() => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const args = ['connect', `127.0.0.1:${port}`, '--servername', 'localhost', '--ca', ca, '--alpn', name];
      for (const more of [[], ['--json']]) {
        const outcome = await schannel([...args, ...more]);
        assert.equal(outcome.code, 0, outcome.errors());
        assert.match(outcome.output(), /title/);
        assert.doesNotMatch(outcome.output().replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
      }
    });

    it('offers application protocols and versions', async () => {
      const server = tls
        .createServer({ ...(await root.issue()), ALPNProtocols: ['smtp'] })
        .listen(0, '127.0.0.1');
      closing.push(() => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const args = ['connect', `127.0.0.1:${port}`, '--servername', 'localhost', '--ca', ca, '--json'];
      const outcome = await schannel([...args, '--alpn', 'h2', 'smtp', '--max-version', 'TLSv1.2']);
      const { connection } = printed(outcome);
      assert.equal(connection?.protocol, 'TLSv1.2');
      assert.equal(connection.alpnProtocol, 'smtp');
    });

    it('ends with 3 after the time limit', async () => {
      const silent = await serve({ onConnect: () => undefined });
      const outcome = await schannel([
        'connect',
        `localhost:${silent.port}`,
        '--starttls',
        'smtp',
        '--timeout',
        '1',
      ]);
      assert.equal(outcome.code, 3);
      assert.match(outcome.errors(), /took longer than 1 s/);
    });
  });
});
