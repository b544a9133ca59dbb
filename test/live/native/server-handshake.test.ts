import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls from 'node:tls';
import type { NativeCredential, NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { TestAuthority } from '../../support/certificates.js';
import { handlesBackTo } from '../../support/native-store.js';
import { acquireAs, makeIdentity, type NativeIdentity } from './identity.js';
import { createServerSession, Listener, SERVER_CREDENTIAL, SERVER_PROTOCOLS } from './server.js';
import { Wire } from './wire.js';

describe('native server', () => {
  let authority: TestAuthority;
  let identity: NativeIdentity;
  let listener: Listener;
  let handles: NativeHandleCounts;

  before(async () => {
    handles = native().handleCounts();
    authority = await TestAuthority.create('CN=schannel server root', { key: 'rsa' });
    identity = await makeIdentity('server', await authority.issue({ key: 'rsa' }));
    listener = await Listener.start();
  });
  after(async () => {
    await listener.close();
    await identity.dispose();
    await handlesBackTo(handles);
  });

  const acquire = (version: keyof typeof SERVER_PROTOCOLS): Promise<NativeCredential> =>
    acquireAs({
      ...SERVER_CREDENTIAL,
      protocols: SERVER_PROTOCOLS[version],
      certificates: [identity.certificate],
    });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(version, () => {
      let credential: NativeCredential;
      before(async () => {
        credential = await acquire(version);
      });
      after(() => {
        credential.close();
      });

      it('serves node:tls', async () => {
        const client = tls.connect({
          port: listener.port,
          host: '127.0.0.1',
          servername: 'localhost',
          ca: authority.certificate.cert,
        });
        const secured = once(client, 'secureConnect');
        const server = new Wire(createServerSession(credential), await listener.next());
        const step = await server.shake('server');
        assert.equal(step.status, 0, step.syscall);
        await secured;
        assert.equal(client.getProtocol(), version);
        client.write('from the client');
        assert.equal(await server.read(), 'from the client');
        server.write('from the server');
        assert.equal(String((await once(client, 'data'))[0]), 'from the server');
        const ended = once(client, 'end');
        await server.end();
        await ended;
        client.destroy();
        server.close();
      });
    });
  }
});
