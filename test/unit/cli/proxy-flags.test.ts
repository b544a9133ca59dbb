import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '#lib/cli/program.js';
import { type CapturedIO, capturedIO, Keyboard } from '../../support/captured-io.js';
import { sharedRoot } from '../../support/certificates.js';
import { commandLibrary } from '../../support/command-library.js';
import { type MailServer, startMailServer } from '../../support/mail-server.js';
import { createProxy } from '../../support/proxy.js';

const authorization = (request: http.IncomingMessage): string | undefined =>
  request.headers['proxy-authorization'];

const basic = (account: string): string => `Basic ${Buffer.from(account).toString('base64')}`;

describe('cli/proxy-flags', () => {
  let folder: string;
  let ca: string;
  let server: MailServer;
  let proxy: http.Server;
  let at: string;
  /** What clients have asked the proxy for. */
  const asked: http.IncomingMessage[] = [];

  before(async () => {
    const root = await sharedRoot();
    folder = mkdtempSync(join(tmpdir(), 'schannel-proxy-'));
    ca = join(folder, 'ca.pem');
    writeFileSync(ca, root.certificate.cert);
    server = await startMailServer(await root.issue());
    proxy = createProxy(null);
    proxy.on('connect', (request: http.IncomingMessage) => asked.push(request)).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    at = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  beforeEach(() => asked.splice(0));
  after(async () => {
    proxy.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function connect(
    args: readonly string[],
    options: Parameters<typeof capturedIO>[0] = {},
  ): Promise<CapturedIO & { readonly code: number }> {
    const io = capturedIO(options);
    const target = ['connect', `localhost:${server.port}`, '--starttls', 'smtp', '--ca', ca];
    return { ...io, code: await run([...target, ...args], '0', commandLibrary(), io) };
  }

  it('connects through a proxy, and says so', async () => {
    const { code, output, errors } = await connect(['--proxy', `http://${at}`]);
    assert.equal(code, 0, errors());
    assert.match(output(), new RegExp(`^localhost:${server.port}, through ${at}, STARTTLS \\(smtp\\)\n`));
    assert.deepEqual(
      asked.map(({ url }) => url),
      [`localhost:${server.port}`],
    );
  });

  it('mails through the proxy of the environment, and says which and why with --verbose', async () => {
    const before = process.env['HTTPS_PROXY'];
    process.env['HTTPS_PROXY'] = `http://${at}`;
    try {
      const io = capturedIO();
      const where = ['--host', 'localhost', '--port', String(server.port), '--ca', ca];
      const message = ['--from', 'a@mail.test', '--to', 'b@mail.test', '--text', 'hello'];
      const way = ['--proxy', 'environment', '--verbose'];
      assert.equal(
        await run(['mail', ...where, ...message, ...way], '0', commandLibrary(), io),
        0,
        io.errors(),
      );
      assert.match(io.errors(), new RegExp(`^Proxy: http://${at}\\. Why: HTTPS_PROXY names it\\.\n`));
      assert.deepEqual(
        asked.map(({ url }) => url),
        [`localhost:${server.port}`],
      );
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = before;
    }
  });

  it('takes the proxy of the environment, and says which and why', async () => {
    const before = process.env['HTTPS_PROXY'];
    process.env['HTTPS_PROXY'] = `http://anna:secret@${at}`;
    try {
      const text = await connect(['--proxy', 'environment']);
      assert.equal(text.code, 0, text.errors());
      assert.match(text.output(), new RegExp(`\nProxy: http://${at}\\. Why: HTTPS_PROXY names it\\.\n`));
      const json = await connect(['--proxy', 'environment', '--json']);
      assert.deepEqual((JSON.parse(json.output()) as { proxy: object }).proxy, {
        proxy: `http://${at}`,
        proxies: [`http://${at}`],
        source: 'environment',
        reason: 'HTTPS_PROXY names it',
        problem: null,
      });
      assert.deepEqual(asked.map(authorization), [basic('anna:secret'), basic('anna:secret')]);
      process.env['HTTPS_PROXY'] = 'http://127.0.0.1:1';
      const failed = await connect(['--proxy', 'environment']);
      assert.match(failed.errors(), /^Proxy: http:\/\/127\.0\.0\.1:1\. Why: HTTPS_PROXY names it\.\n/);
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = before;
    }
  });

  it('has Windows sign in where that is asked for', async () => {
    const seen: unknown[] = [];
    const library = commandLibrary();
    const connectThrough: typeof library.tls.connectThrough = ({ through, proxy, proxyAuth }) => {
      seen.push([through, proxy, proxyAuth]);
      throw new Error('seen');
    };
    for (const proxy of [['http://a', 'socks5://b'], ['system']]) {
      const args = [...proxy.flatMap((each) => ['--proxy', each]), '--proxy-auth', 'negotiate'];
      const io = capturedIO();
      const tls = { ...library.tls, connectThrough };
      await run(['connect', 'localhost:1', ...args], '0', { ...library, tls }, io);
    }
    const steps = [
      { protocol: 'connect', host: 'a', port: 80, auth: 'negotiate' },
      { protocol: 'socks5', host: 'b', port: 1080 },
    ];
    assert.deepEqual(seen, [
      [steps, undefined, undefined],
      [undefined, 'system', 'negotiate'],
    ]);
    const without = await connect(['--proxy-auth', 'ntlm']);
    assert.equal(without.code, 2);
    assert.match(without.errors(), /--proxy-auth needs --proxy/);
  });

  for (const args of [
    ['--proxy', 'system', '--proxy', 'http://a'],
    ['--proxy', 'http://a', '--proxy', 'environment'],
    ['--proxy', 'system', '--proxy-protocol', '1'],
  ]) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, errors } = await connect(args);
      assert.equal(code, 2);
      assert.match(errors(), /does not go with/);
    });
  }

  it('connects through several, in their order', async () => {
    const { code, errors } = await connect(['--proxy', `http://${at}`, '--proxy', `http://${at}`]);
    assert.equal(code, 0, errors());
    assert.deepEqual(
      asked.map(({ url }) => url),
      [at, `localhost:${server.port}`],
    );
  });

  it('sends mail through a proxy', async () => {
    const io = capturedIO();
    const before = server.messages.length;
    const to = ['--host', 'localhost', '--port', String(server.port), '--ca', ca, '--proxy', `http://${at}`];
    const mail = ['mail', '--from', 'a@mail.test', '--to', 'b@mail.test', '--text', 'hello', ...to];
    assert.equal(await run(mail, '0', commandLibrary(), io), 0, io.errors());
    assert.equal(server.messages.length, before + 1);
    assert.deepEqual(
      asked.map(({ url }) => url),
      [`localhost:${server.port}`],
    );
  });

  it('takes the password from the URL, from its variable, or asks for it', async () => {
    const variable = { env: { SCHANNEL_PROXY_PASSWORD: 'geheim', SCHANNEL_PASSWORD: 'other' } };
    assert.equal((await connect(['--proxy', `http://anna:own@${at}`], variable)).code, 0);
    assert.equal((await connect(['--proxy', `http://anna@${at}`], variable)).code, 0);
    const keyboard = new Keyboard();
    const asking = connect(['--proxy', `http://anna@${at}`], { stdin: keyboard });
    keyboard.write('typed\r');
    const { code, errors } = await asking;
    assert.equal(code, 0, errors());
    assert.equal(errors(), 'Password of anna at 127.0.0.1: \n');
    assert.deepEqual(asked.map(authorization), [
      basic('anna:own'),
      basic('anna:geheim'),
      basic('anna:typed'),
    ]);
    const none = await connect(['--proxy', `http://anna@${at}`]);
    assert.equal(none.code, 2);
    assert.match(none.errors(), /Set SCHANNEL_PROXY_PASSWORD/);
  });

  it('begins with a header of the PROXY protocol, also behind a proxy', async () => {
    const received: string[] = [];
    const peer = net.createServer((socket) => {
      socket.once('data', (chunk: Buffer) => {
        received.push(chunk.toString('latin1'));
        socket.destroy();
      });
    });
    await once(peer.listen(0, '127.0.0.1'), 'listening');
    const { port } = peer.address() as AddressInfo;
    for (const args of [
      ['--proxy-protocol', '1'],
      ['--proxy-protocol', '2', '--proxy', `http://${at}`],
    ]) {
      const io = capturedIO();
      await run(['connect', `127.0.0.1:${port}`, '--starttls', 'smtp', ...args], '0', commandLibrary(), io);
    }
    peer.close();
    assert.match(
      received[0] ?? '',
      new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${port}\r\n$`),
    );
    assert.equal(received[1], '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0');
  });

  it('ends with 8 for an account that is refused, and with 3 for any other refusal', async () => {
    let status = '407 Proxy Authentication Required';
    const strict = net.createServer((socket) => socket.end(`HTTP/1.1 ${status}\r\n\r\n`));
    await once(strict.listen(0, '127.0.0.1'), 'listening');
    const url = `http://anna:secret@127.0.0.1:${(strict.address() as AddressInfo).port}`;
    const account = await connect(['--proxy', url]);
    status = '403 Forbidden';
    const refused = await connect(['--proxy', url, '--json']);
    strict.close();
    assert.deepEqual([account.code, refused.code], [8, 3]);
    assert.match(account.errors(), /ERR_SCHANNEL_PROXY_ACCOUNT/);
    assert.match(refused.output() + refused.errors(), /HTTP\/1\.1 403 Forbidden/);
    assert.doesNotMatch(account.errors() + refused.output() + refused.errors(), /secret/);
  });

  for (const args of [
    ['--proxy', 'proxy.test:3128'],
    ['--proxy', 'socks4://anna:secret@proxy.test'],
    ['--proxy-protocol', '3'],
  ]) {
    it(`ends with 2 for: ${args.join(' ')}`, async () => {
      const { code, errors } = await connect(args);
      assert.equal(code, 2);
      assert.match(errors(), /--proxy/);
      assert.doesNotMatch(errors(), /secret/);
    });
  }
});
