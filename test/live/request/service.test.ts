import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import nodeHttps from 'node:https';
import type { TLSSocket } from 'node:tls';
import { text } from 'node:stream/consumers';
import * as https from 'schannel/https';
import * as pki from 'schannel/pki';
import * as certificates from 'schannel/store';
import { run } from '#lib/cli/program.js';
import { capturedIO } from '../../support/captured-io.js';
import { commandLibrary } from '../../support/command-library.js';
import { steer, whileFixed } from '../../support/double.js';
import { listenOn } from '../../support/https.js';
import { OpensslAuthority } from '../../support/openssl-authority.js';
import { OwnRequests } from '../../support/own-requests.js';
import { needsPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';

const NETWORK_SERVICE = 'S-1-5-20';

/** All that an administrator does for a service, and what the service does then. */
describe('a certificate of the machine for a service', () => {
  const id = randomUUID();
  const own = new OwnRequests(id);
  const host = `${id}.example`;
  let authority: OpensslAuthority;
  before(async function () {
    if (!onDouble)
      skip(this, 'it takes a second account, and Wine acquires no key of the machine by its certificate');
    await needsPeer(this, 'openssl');
    authority = await OpensslAuthority.create(id);
  });
  after(() => own.remove());

  it('serves and asks with it, by its thumbprint, as soon as the service may use its key', async () => {
    const { request, location } = await own.create({
      dns: [host],
      usages: ['server', 'client'],
      location: 'LocalMachine',
      friendlyName: `service ${id}`,
    });
    assert.equal(location, 'LocalMachine');
    const ca = [authority.root.certificate.cert, authority.issuing.certificate.cert];
    const issued = await authority.bundle(await authority.sign(request.pem), ...ca);
    using result = await pki.completeRequest(issued);
    const { reference, thumbprint, friendlyName } = result.certificate;
    assert.equal(reference, `LocalMachine\\MY\\${thumbprint}`);
    assert.equal(friendlyName, `service ${id}`);

    const stranger = await authority.issuing.issue({ subject: 'CN=stranger', altNames: ['DNS:localhost'] });
    const asking = await listenOn(
      nodeHttps.createServer({ ...stranger, ca, requestCert: true }, ({ socket }, response) => {
        const { authorized, getPeerCertificate } = socket as TLSSocket;
        response.end(`${String(authorized)} ${String(getPeerCertificate.call(socket).subjectaltname)}`);
      }),
    );
    const serving = await listenOn(
      https.createServer({ certificate: thumbprint }, (_request, response) => response.end('served')),
    );
    /** What the server of node:https says of the client of this library. */
    const ask = (): Promise<string> =>
      answerOf(https.request(asking.origin, { certificate: thumbprint, ca, agent: false }));
    /** What the server of this library says to the client of node:https. */
    const askServer = (): Promise<string> => {
      const { port } = serving;
      return answerOf(nodeHttps.request({ port, host: '127.0.0.1', servername: host, ca, agent: false }));
    };
    const asService = async (body: () => Promise<void>): Promise<void> => {
      steer().account(NETWORK_SERVICE);
      try {
        await body();
      } finally {
        steer().account('');
      }
    };
    try {
      await whileFixed('deniedKey', 0, () =>
        asService(async () => {
          await assert.rejects(ask(), {
            code: 'ERR_SCHANNEL_SYSTEM_CREDENTIAL',
            advice: /schannel cert grant/,
          });
          await assert.rejects(askServer());
        }),
      );
      const io = capturedIO();
      const library = { ...commandLibrary(), certificates };
      const code = await run(
        ['cert', 'grant', thumbprint, '--to', NETWORK_SERVICE, '--yes'],
        '0',
        library,
        io,
      );
      assert.equal(code, 0, io.errors());
      await asService(async () => {
        assert.equal(await ask(), `true DNS:${host}`);
        assert.equal(await askServer(), 'served');
      });
    } finally {
      await asking.close();
      await serving.close();
    }
  });
});

function answerOf(request: ReturnType<typeof nodeHttps.request>): Promise<string> {
  return new Promise((resolve, reject) => {
    request.on('response', (response) => resolve(text(response)));
    request.on('error', reject);
    request.end();
  });
}
