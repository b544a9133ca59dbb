import assert from 'node:assert/strict';
import { type ChildProcess, execFile } from 'node:child_process';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { TLSSocket } from 'node:tls';
import path from 'node:path';
import { removeKey } from '#lib/windows/key/keys.js';
import { writePfx } from '#lib/formats/pfx/write.js';
import { createSelfSigned, openStore } from 'schannel/store';
import { daysFromNow, TestAuthority, type TestCertificate } from '../support/certificates.js';
import { Footprint } from '../support/footprint.js';
import { issueServer, serverRoot, textOf } from '../support/schannel-server.js';
import { ServerStore } from '../support/server-store.js';
import { PATIENCE } from '../support/patience.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';
import { localhostIdentity } from '../support/tls-server.js';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const exampleFile = (name: string): string =>
  path.join(path.dirname(require.resolve('schannel/package.json')), 'examples', name);

/** Runs a program of examples/ as a reader of it would. */
function example(name: string, ...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [exampleFile(name), ...args],
      { timeout: PATIENCE },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

describe('examples', () => {
  let folder: string;
  let ca: string;
  let web: https.Server;
  let mail: MailServer;

  before(async () => {
    const identity = await localhostIdentity();
    const { cert, key } = identity.certificate;
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-examples-'));
    ca = path.join(folder, 'ca.pem');
    writeFileSync(ca, identity.ca);
    web = https.createServer({ cert, key }, (request, response) =>
      response.end(`you asked for ${request.url ?? ''}`),
    );
    await once(web.listen(0, '127.0.0.1'), 'listening');
    mail = await startMailServer({ cert, key });
  });

  after(async () => {
    web.closeAllConnections();
    web.close();
    await mail.close();
    rmSync(folder, { recursive: true });
  });

  const address = (): string => `https://localhost:${String((web.address() as AddressInfo).port)}/page?x=1`;

  it('https-request.mjs shows the answer and how trust was decided', async () => {
    const { code, stdout, stderr } = await example('https-request.mjs', address(), ca);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^TLSv1\.[23], trusted by .*ca\.pem, revocation (unknown|good)\n200 OK\nyou asked for \/page\?x=1$/,
    );
    assert.equal(code, 0);
  });

  it('https-request.mjs says why a server is not trusted', async () => {
    const { code, stderr } = await example('https-request.mjs', address());
    assert.match(stderr, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE: /);
    assert.equal(code, 1);
  });

  it('mail-nodemailer.mjs sends a message', async () => {
    const server = `localhost:${String(mail.port)}`;
    const { code, stdout, stderr } = await example(
      'mail-nodemailer.mjs',
      server,
      'anna@mail.test',
      'ben@mail.test',
      ca,
    );
    assert.equal(stderr, '');
    assert.match(stdout, /^TLSv1\.[23], TLS_/);
    assert.equal(code, 0);
    const message = mail.messages.at(-1);
    assert.equal(message?.secure, true);
    assert.match(message.content.toString(), /Trusted by Windows\./);
  });

  it('mail-starttls.mjs talks to the server under TLS', async () => {
    const { code, stdout, stderr } = await example('mail-starttls.mjs', 'localhost', String(mail.port), ca);
    assert.equal(stderr, '');
    assert.match(stdout, /< 220 [^]*-- TLSv1\.[23], CN=localhost\n250[^]*221 /);
    assert.equal(code, 0);
  });

  it('sign-jwt.mjs signs a token with a key of the store', async () => {
    const certificate = await createSelfSigned({ subject: 'CN=Anna', key: { silent: true } });
    const { reference, thumbprint, keyLocation, publicKey } = certificate;
    certificate.close();
    try {
      const { code, stdout, stderr } = await example('sign-jwt.mjs', reference ?? '');
      assert.equal(stderr, '');
      assert.equal(code, 0);
      const [token = '', verdict = ''] = stdout.split('\n');
      assert.match(verdict, /^verified: issued by CN=Anna, signed in Microsoft /);
      const { jwtVerify } = await import('jose');
      const { payload, protectedHeader } = await jwtVerify(token, publicKey, { issuer: 'CN=Anna' });
      assert.equal(protectedHeader.alg, 'RS256');
      assert.equal(payload['scope'], 'mail.read');
    } finally {
      const store = await openStore('MY');
      await store.remove(thumbprint);
      store.close();
      if (keyLocation !== null) await removeKey(keyLocation);
    }
  });

  it('sign-jwt.mjs says that there is no such certificate', async () => {
    const { code, stderr } = await example('sign-jwt.mjs', `CurrentUser\\MY\\${'0'.repeat(40)}`);
    assert.match(stderr, /^ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND: /);
    assert.equal(code, 1);
  });

  describe('web-server.mjs', () => {
    let store: ServerStore;
    let root: string;
    let running: ChildProcess | null = null;
    let printed = '';
    before(async () => {
      store = await ServerStore.create();
      root = (await serverRoot()).certificate.cert;
      await store.put(await issueServer({ notBefore: daysFromNow(-20), subject: 'CN=first' }));
    });
    afterEach(async () => {
      if (running === null) return;
      const ended = once(running, 'close');
      running.kill();
      await ended;
    });
    after(() => store.close());

    /** Starts it, and tells the port it listens on. */
    async function serve(...args: readonly string[]): Promise<number> {
      printed = '';
      running = execFile(process.execPath, [
        exampleFile('web-server.mjs'),
        'localhost',
        store.name,
        '127.0.0.1:0',
        ...args,
      ]);
      for (const stream of [running.stdout, running.stderr])
        stream?.on('data', (chunk) => {
          printed += String(chunk);
          running?.emit('printed');
        });
      await shows(/CN=first/);
      return Number((await shows(/listens on port (\d+)/))[1]);
    }

    async function shows(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const match = pattern.exec(printed);
        if (match) return match;
        assert.ok(running);
        await once(running, 'printed');
      }
    }

    async function get(port: number, options: https.RequestOptions = {}): Promise<string> {
      const request = https.get({ port, host: 'localhost', ca: root, agent: false, ...options });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return textOf(response);
    }

    it('shows the renewed certificate from a renewal on', async () => {
      const port = await serve();
      assert.equal(await get(port), 'hello stranger');
      const second = await issueServer({ notBefore: daysFromNow(-2), subject: 'CN=second' });
      await store.put(second);
      await shows(/shows CN=second, valid until 20/);
      assert.equal(await get(port), 'hello stranger');
      await store.take(second);
    });

    it('lets in clients of an authority, and says whom it does not', async () => {
      const authority = await TestAuthority.create('CN=clients', { key: 'rsa' });
      const clients = path.join(folder, 'clients.pem');
      writeFileSync(clients, authority.certificate.cert);
      const port = await serve(clients);
      const { cert, key } = await authority.issue({ subject: 'CN=Anna', usages: ['clientAuth'], key: 'rsa' });
      assert.equal(await get(port, { cert, key }), 'hello Anna');
      await assert.rejects(get(port));
      await shows(/UNABLE_TO_GET_ISSUER_CERT: .*127\.0\.0\.1/);
    });
  });

  describe('import-pfx-client-certificate.mjs', () => {
    let client: TestCertificate;
    let footprint: Footprint;
    let asking: https.Server;
    let pfx: string;

    before(async () => {
      const authority = await TestAuthority.create(`CN=clients ${randomUUID()}`);
      client = await authority.issue({ subject: 'CN=Anna', usages: ['clientAuth'], key: 'rsa' });
      footprint = await Footprint.of(client);
      pfx = path.join(folder, 'client.pfx');
      const contents = { key: createPrivateKey(client.key), certificates: [client.der], password: 'secret' };
      writeFileSync(pfx, writePfx({ ...contents, encryption: 'legacy' }));
      const { cert, key } = (await localhostIdentity()).certificate;
      const options = { cert, key, ca: authority.certificate.cert, requestCert: true };
      asking = https.createServer(options, ({ socket }, response) => {
        assert.ok(socket instanceof TLSSocket);
        response.end(`hello ${String(socket.getPeerCertificate().subject.CN)}`);
      });
      await once(asking.listen(0, '127.0.0.1'), 'listening');
    });
    after(async () => {
      asking.closeAllConnections();
      asking.close();
      await footprint.remove();
    });

    async function run(password: string): Promise<Run> {
      const port = String((asking.address() as AddressInfo).port);
      process.env['SCHANNEL_PASSWORD'] = password;
      try {
        return await example('import-pfx-client-certificate.mjs', pfx, `https://localhost:${port}/`, ca);
      } finally {
        delete process.env['SCHANNEL_PASSWORD'];
      }
    }

    it('says that the password is wrong', async () => {
      const { code, stdout, stderr } = await run('wrong');
      assert.match(stderr, /^ERR_SCHANNEL_IMPORT_PASSWORD_WRONG: /);
      assert.equal(stdout, '');
      assert.equal(code, 1);
      assert.equal(await footprint.keys(), 0);
    });

    for (const action of ['added', 'present']) {
      it(`shows the certificate to the server: ${action}`, async () => {
        const { code, stdout, stderr } = await run('secret');
        assert.equal(stderr, '');
        assert.match(
          stdout,
          new RegExp(`^${action}: CN=Anna\nCurrentUser\\\\MY\\\\[0-9A-F]{40}\n200 OK\nhello Anna$`),
        );
        assert.equal(code, 0);
        assert.equal(await footprint.keys(), 1);
      });
    }
  });
});
