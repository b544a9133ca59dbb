import assert from 'node:assert/strict';
import { createTransport } from 'nodemailer';
import { schannelTransport } from 'schannel/nodemailer';
import type { TLSSocket } from 'schannel';
import { sharedRoot, type TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { messageOf, sha256 } from '../../support/mail-message.js';
import { startPostfix, type Postfix } from '../../support/mail-postfix.js';
import { MAIL_PASSWORD, startMailServer, type MailServer } from '../../support/mail-server.js';
import { needsPeer } from '../../support/peers.js';

const ENVELOPE = { from: 'a@mail.test', to: 'b@mail.test' };
const MESSAGE = { ...ENVELOPE, subject: 'x', text: 'hello' };
const AUTH = { user: 'anna', pass: MAIL_PASSWORD };
const SIZES = [1, 16 * 1024, 5 * 1024 * 1024];

describe('mail by Schannel', () => {
  let root: TestAuthority;
  let certificate: TestCertificate;
  let tls: { ca: string };
  before(async () => {
    root = await sharedRoot();
    certificate = await root.issue();
    tls = { ca: root.certificate.cert };
  });

  describe('to smtp-server', () => {
    const closing: (() => unknown)[] = [];
    const serve = async (options: Parameters<typeof startMailServer>[0] = {}): Promise<MailServer> => {
      const server = await startMailServer({ key: certificate.key, cert: certificate.cert, ...options });
      closing.push(() => server.close());
      return server;
    };
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });

    for (const secure of [false, true]) {
      const how = secure ? 'implicit TLS' : 'STARTTLS';

      for (const size of SIZES) {
        it(`delivers a body of ${size} bytes unchanged by ${how}`, async () => {
          const server = await serve({ secure });
          const mail = createTransport(
            schannelTransport({ host: 'localhost', port: server.port, secure, tls }),
          );
          const raw = messageOf(size);
          await mail.sendMail({ envelope: ENVELOPE, raw });
          assert.equal(server.messages.length, 1);
          assert.equal(server.messages[0]?.secure, true);
          assert.equal(sha256(server.messages[0].content), sha256(raw));
        });
      }

      it(`signs in under TLS by ${how}`, async () => {
        const server = await serve({ secure });
        const options = { host: 'localhost', port: server.port, secure, tls, auth: AUTH };
        await createTransport(schannelTransport(options)).sendMail(MESSAGE);
        assert.equal(server.messages[0]?.user, 'anna');
      });

      it(`shows a trusted connection by ${how}`, async () => {
        const server = await serve({ secure });
        const sockets: TLSSocket[] = [];
        const onSecureConnect = (socket: TLSSocket): unknown => sockets.push(socket);
        const options = { host: 'localhost', port: server.port, secure, tls, onSecureConnect };
        await createTransport(schannelTransport(options)).sendMail(MESSAGE);
        assert.equal(sockets.length, 1);
        assert.equal(sockets[0]?.authorized, true);
        assert.equal(sockets[0].verification?.anchors, 'ca');
      });

      it(`sends many messages over few connections by ${how}`, async () => {
        const server = await serve({ secure });
        const options = { host: 'localhost', port: server.port, secure, tls, pool: true, maxConnections: 3 };
        const mail = createTransport(schannelTransport(options));
        closing.push(() => mail.close());
        await Promise.all(Array.from({ length: 20 }, () => mail.sendMail(MESSAGE)));
        assert.equal(server.messages.length, 20);
        assert.ok(server.connections <= 3, `${server.connections} connections`);
      });

      it(`gives neither message nor password to a server it does not trust by ${how}`, async () => {
        const server = await serve({ secure });
        for (const pool of [false, true]) {
          const options = { host: 'localhost', port: server.port, secure, pool, auth: AUTH };
          const mail = createTransport(schannelTransport(options));
          await assert.rejects(mail.sendMail(MESSAGE), {
            name: 'Error',
            code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
            phase: 'verify',
          });
          mail.close();
        }
        assert.deepEqual(server.passwords, []);
        assert.deepEqual(server.messages, []);
      });

      it(`refuses a certificate for another name by ${how}`, async () => {
        const server = await serve({ secure });
        const options = {
          host: '127.0.0.1',
          port: server.port,
          secure,
          tls: { ...tls, servername: 'other.test' },
        };
        await assert.rejects(createTransport(schannelTransport(options)).sendMail(MESSAGE), {
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        });
      });
    }

    it('sends nothing to a server without STARTTLS', async () => {
      const server = await serve({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
      const options = { host: 'localhost', port: server.port, tls, auth: AUTH };
      await assert.rejects(createTransport(schannelTransport(options)).sendMail(MESSAGE), {
        code: 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE',
      });
      assert.deepEqual(server.messages, []);
      assert.deepEqual(server.passwords, []);
    });

    it('leaves nothing open behind it', async () => {
      const server = await serve();
      const sockets: TLSSocket[] = [];
      const onSecureConnect = (socket: TLSSocket): unknown => sockets.push(socket);
      const options = { host: 'localhost', port: server.port, tls, onSecureConnect };
      await createTransport(schannelTransport(options)).sendMail(MESSAGE);
      const [socket] = sockets;
      assert.ok(socket !== undefined);
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
      assert.equal(socket.errored, null);
    });
  });

  describe('to Postfix', () => {
    let postfix: Postfix;
    before(async function () {
      await needsPeer(this, 'postfix');
      const { cert, key } = certificate;
      postfix = await startPostfix([
        { name: 'submission', cert, key },
        { name: 'smtps', cert, key, implicit: true },
      ]);
    });
    after(async () => {
      // Not started where Postfix is not there.
      await (postfix as Postfix | undefined)?.stop();
    });

    for (const [service, secure] of [
      ['submission', false],
      ['smtps', true],
    ] as const) {
      for (const size of SIZES) {
        it(`delivers a body of ${size} bytes unchanged to ${service}`, async () => {
          const port = postfix.ports[service] ?? 0;
          const mail = createTransport(schannelTransport({ host: 'localhost', port, secure, tls }));
          const raw = messageOf(size);
          await mail.sendMail({ envelope: ENVELOPE, raw });
          const stored = await postfix.nextMessage();
          // Trace headers come in front, and a file of a Maildir has the line ends of its system.
          const asSent = Buffer.from(stored.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
          assert.equal(sha256(asSent.subarray(asSent.length - raw.length)), sha256(raw));
          assert.match(asSent.subarray(0, asSent.length - raw.length).toString(), /with ESMTPS id/);
        });
      }
    }
  });
});
