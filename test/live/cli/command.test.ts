import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daysFromNow, sharedRoot, type TestAuthority } from '../../support/certificates.js';
import { MAIL_PASSWORD, startMailServer, type MailServer } from '../../support/mail-server.js';
import { schannel } from '../../support/schannel-process.js';

describe('the schannel command', () => {
  let folder: string;
  let root: TestAuthority;
  let ca: string;
  let server: MailServer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'schannel-cli-'));
    root = await sharedRoot();
    ca = join(folder, 'ca äöü.pem');
    writeFileSync(ca, root.certificate.cert);
  });
  after(() => rmSync(folder, { recursive: true }));

  async function serve(certificate: Parameters<TestAuthority['issue']>[0] = {}): Promise<void> {
    const { cert, key } = await root.issue(certificate);
    server = await startMailServer({ cert, key });
  }
  afterEach(() => server.close());

  const mail = (...more: string[]): string[] => [
    ...['mail', '--host', 'localhost', '--port', String(server.port), '--ca', ca],
    ...['--from', 'a@mail.test', '--to', 'b@mail.test', ...more],
  ];

  it('sends what it reads from standard input, signed in', async () => {
    await serve();
    const args = mail('--subject', 'größer', '--text', '-', '--user', 'anna', '--verbose');
    const { code, stdout, stderr } = await schannel(args, {
      stdin: 'hello from the pipe',
      env: { SCHANNEL_PASSWORD: MAIL_PASSWORD },
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^sent </);
    assert.match(stderr, /protocol +TLSv1\.[23]/);
    assert.match(stderr, /C: AUTH PLAIN \*\*\*/);
    const [message] = server.messages;
    assert.equal(message?.user, 'anna');
    assert.match(String(message.content), /hello from the pipe/);
    assert.ok(!stderr.includes(MAIL_PASSWORD));
  });

  it('shows the chain that Windows built', async () => {
    await serve();
    const { code, stdout } = await schannel([
      'connect',
      `localhost:${server.port}`,
      '--starttls',
      'smtp',
      '--ca',
      ca,
      '--json',
    ]);
    assert.equal(code, 0);
    const result = JSON.parse(stdout) as { certificates: { subject: string }[]; trust: object };
    assert.deepEqual(
      result.certificates.map(({ subject }) => subject),
      ['CN=localhost', 'CN=schannel test root'],
    );
    assert.deepEqual(result.trust, {
      authorized: true,
      reason: null,
      anchors: 'ca',
      revocation: 'not-checked',
      ignored: [],
    });
  });

  for (const [what, options, code] of [
    ['another name', { altNames: ['DNS:other.test'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['an expired certificate', { notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }, 'CERT_HAS_EXPIRED'],
  ] as const) {
    it(`refuses ${what} with exit code 6`, async () => {
      await serve(options);
      const outcome = await schannel(mail());
      assert.equal(outcome.code, 6, outcome.stderr);
      assert.ok(outcome.stderr.includes(code), outcome.stderr);
      assert.match(outcome.stderr, /Windows +0x800b01/);
      assert.deepEqual(server.messages, []);
      assert.equal((await schannel(mail('--danger-accept-any-certificate'))).code, 0);
      assert.equal(server.messages.length, 1);
    });
  }

  it("refuses a server that Windows' stores do not know", async () => {
    await serve();
    const args = mail().filter((word) => word !== '--ca' && word !== ca);
    const { code, stderr } = await schannel(args);
    assert.equal(code, 6, stderr);
    assert.match(stderr, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
  });

  it('ends with the code of the other kinds of failure', async () => {
    await serve();
    assert.equal((await schannel(['mail', '--host', 'localhost'])).code, 2);
    assert.equal((await schannel(mail('--user', 'anna'))).code, 2);
    assert.equal((await schannel(mail('--user', 'anna'), { env: { SCHANNEL_PASSWORD: 'wrong' } })).code, 8);
    // The port answers, but not with TLS from the first byte.
    assert.equal((await schannel(['connect', `localhost:${server.port}`])).code, 4);
    const { port } = server;
    await server.close();
    assert.equal((await schannel(['connect', `localhost:${port}`])).code, 3);
    await serve();
  });
});
