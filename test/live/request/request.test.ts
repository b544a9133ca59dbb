import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import nodeHttps from 'node:https';
import type { AddressInfo } from 'node:net';
import nodeTls, { type TLSSocket } from 'node:tls';
import { createServer } from 'schannel';
import { Agent } from 'schannel/https';
import {
  cancelRequest,
  completeRequest,
  createRequest,
  type CreatedRequest,
  findPending,
  pendingRequests,
  readRequest,
  rememberSubmission,
  repairCertificate,
} from 'schannel/pki';
import { createSelfSigned, generateKey, importCertificates, openStore } from 'schannel/store';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { signRequest } from '#lib/formats/request/request-writer.js';
import { parseSubject } from '#lib/formats/x509/subject.js';
import { native } from '#lib/native/load.js';
import { selfSigned } from '../../support/certificates.js';
import { OpensslAuthority } from '../../support/openssl-authority.js';
import { handlesBackTo, listContainers } from '../../support/native-store.js';
import { OwnRequests } from '../../support/own-requests.js';
import { needsPeer } from '../../support/peers.js';
import { onDouble } from '../../support/windows.js';

describe('certificate requests', () => {
  const id = randomUUID();
  const host = `${id}.example`;
  let authority: OpensslAuthority;
  let handles: ReturnType<ReturnType<typeof native>['handleCounts']>;

  before(async function () {
    await needsPeer(this, 'openssl');
    authority = await OpensslAuthority.create(id);
  });
  beforeEach(() => {
    handles = native().handleCounts();
  });

  const own = new OwnRequests(id);
  const request = (options: Parameters<typeof createRequest>[0] = {}): Promise<CreatedRequest> =>
    own.create({ dns: [host], friendlyName: `shop ${id} ü`, usages: ['server', 'client'], ...options });

  afterEach(async () => {
    await own.remove();
    await handlesBackTo(handles);
  });

  const chain = async (certificate: string): Promise<string> =>
    authority.bundle(certificate, authority.issuing.certificate.cert, authority.root.certificate.cert);

  for (const location of ['CurrentUser', 'LocalMachine'] as const) {
    describe(`of ${location}`, () => {
      it('stand in REQUEST with key, name and the request itself', async () => {
        const created = await request({ location, ip: ['192.0.2.1'] });
        assert.ok(created.reference.startsWith(`${location}\\REQUEST\\`));
        assert.equal(created.subject, `CN=${host}`);
        assert.ok(!created.request.pem.includes('PRIVATE'));
        assert.deepEqual(readRequest(created.request.pem).names.ip, ['192.0.2.1']);
        const pending = (await pendingRequests({ location })).find(
          ({ reference }) => reference === created.reference,
        );
        assert.ok(pending);
        assert.equal(pending.friendlyName, `shop ${id} ü`);
        assert.deepEqual(pending.request?.der, created.request.der);
        assert.deepEqual(pending.keyLocation, created.keyLocation);
        assert.equal(((pending.keyLocation?.flags ?? 0) & 0x20) !== 0, location === 'LocalMachine');
        assert.deepEqual(pending.certificates, []);
        // The user's stores also show what is in those of the machine.
        const thumbprint = created.reference.slice(-40);
        const all = (await pendingRequests()).filter(({ reference }) => reference.endsWith(thumbprint));
        assert.deepEqual(
          all.map(({ reference }) => reference),
          [created.reference],
        );
      });

      it('are completed by their key, and serve HTTPS', async () => {
        const created = await request({ location });
        using result = await completeRequest(await chain(await authority.sign(created.request.pem)), {
          location,
        });
        const { certificate } = result;
        assert.equal(certificate.friendlyName, `shop ${id} ü`);
        assert.equal(certificate.reference, `${location}\\MY\\${certificate.thumbprint}`);
        // Wine acquires no key of the machine by its certificate.
        const isKeyless = location === 'LocalMachine' && native().platform.wine !== null && !onDouble;
        assert.equal((await certificate.inspectKey())?.usable, !isKeyless);
        assert.deepEqual(
          result.placements.map(({ role, action, store }) => `${role} ${action} ${store}`),
          [
            `identity added ${location}\\MY`,
            `authority added ${location}\\CA`,
            `root not-added ${location}\\Root`,
          ],
        );
        assert.deepEqual(result.differences, []);
        assert.equal(result.verdict.state, 'untrusted-root');
        assert.deepEqual(
          result.missing.map(({ code }) => code),
          ['ROOT_UNTRUSTED'],
        );
        assert.ok(!(await pendingRequests()).some(({ reference }) => reference === created.reference));

        if (isKeyless) return;
        const server = createServer({ certificate: certificate.reference }, (socket) => socket.end('hello'));
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const socket = nodeTls.connect({
          port: (server.address() as AddressInfo).port,
          host: '127.0.0.1',
          servername: host,
          ca: [authority.root.certificate.cert, authority.issuing.certificate.cert],
        });
        const [answer] = (await once(socket, 'data')) as [Buffer];
        assert.equal(answer.toString(), 'hello');
        assert.equal(socket.authorized, true);
        socket.end();
        await once(socket, 'close');
        server.close();
        await once(server, 'close');
      });
    });
  }

  it('become the client certificate of an HTTPS request', async () => {
    const created = await request({ dns: undefined, subject: `CN=anna ${id}`, usages: ['client'] });
    using result = await completeRequest(await chain(await authority.sign(created.request.pem)));
    const { cert, key } = await selfSigned();
    const ca = [authority.root.certificate.cert, authority.issuing.certificate.cert];
    const server = nodeHttps.createServer({ cert, key, ca, requestCert: true }, ({ socket }, response) => {
      const { authorized, getPeerCertificate } = socket as TLSSocket;
      response.end(`${String(authorized)} ${String(getPeerCertificate.call(socket).subject.CN)}`);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const agent = new Agent({ certificate: result.certificate.reference ?? '', ca: cert });
    const { port } = server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      nodeHttps
        .get({ agent, port, host: '127.0.0.1', servername: 'localhost' }, (response) => {
          void response
            .toArray()
            .then((chunks) => resolve(Buffer.concat(chunks as Buffer[]).toString()), reject);
        })
        .on('error', reject);
    });
    assert.equal(answer, `true anna ${id}`);
    agent.destroy();
    server.close();
    await once(server, 'close');
  });

  it('are completed by an authority that changes what was asked for', async () => {
    // Windows has never seen this one.
    const other = await OpensslAuthority.create(`other ${id}`);
    const created = await request({ subject: `CN=${host}, O=Bar` });
    using result = await completeRequest(await other.issue(created.request.pem));
    assert.deepEqual(
      result.differences.map(({ what, meaning }) => [what, meaning]),
      [
        ['names', `It lacks the name ${host}.`],
        ['subject', 'The subject is not the one that was asked for.'],
        ['purposes', 'It lacks the purpose serverAuth.'],
      ],
    );
    // The file has no chain.
    assert.equal(result.verdict.state, 'incomplete');
    assert.deepEqual(
      result.missing.map(({ code }) => code),
      ['ISSUER_MISSING'],
    );
    assert.match(result.missing[0]?.meaning ?? '', new RegExp(`issuing other ${id}`));
  });

  it('of another program are completed by their key', async () => {
    // As xenroll, certenroll and IIS write them: a self-signed certificate with a key, and nothing else.
    const key = await generateKey({ name: `schannel-test-${id}`, silent: true });
    const subject = `CN=${host}`;
    using standIn = await createSelfSigned({
      subject,
      key,
      store: 'CurrentUser\\REQUEST',
      friendlyName: 'IIS',
    });
    const der = await signRequest({ subject: parseSubject(subject), extensions: [] }, key);
    await key.close();
    const pending = (await pendingRequests()).find(({ reference }) => reference === standIn.reference);
    assert.equal(pending?.request, null);
    using result = await completeRequest(await authority.sign(toPem('NEW CERTIFICATE REQUEST', der)));
    assert.equal(result.request?.reference, standIn.reference);
    assert.equal(result.certificate.friendlyName, 'IIS');
    assert.deepEqual(result.differences, []);
    assert.equal((await result.certificate.inspectKey())?.usable, true);
    using store = await openStore('MY');
    await store.remove(result.certificate.thumbprint, { withKey: true });
  });

  it('give their key to a certificate that was imported instead', async () => {
    const created = await request();
    const issued = await authority.sign(created.request.pem);
    using imported = await importCertificates(Buffer.from(issued));
    assert.equal(imported.certificates[0]?.hasPrivateKey, false);
    using result = await completeRequest(issued);
    assert.equal(result.placements[0]?.action, 'replaced');
    assert.equal((await result.certificate.inspectKey())?.usable, true);
    assert.equal(result.certificate.friendlyName, `shop ${id} ü`);
  });

  it('refuse the certificate of another key, and say what is pending', async () => {
    const created = await request();
    const stranger = await authority.issuing.issue({ subject: `CN=stranger ${id}` });
    await assert.rejects(completeRequest(stranger.cert), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_SCHANNEL_REQUEST_NOT_FOUND');
      assert.ok(error.message.includes(`stranger ${id}`), error.message);
      assert.ok(error.message.includes(created.reference), error.message);
      return true;
    });
    await assert.rejects(completeRequest(created.request.pem), {
      code: 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
      message: /a certificate request/,
    });
    assert.equal(
      (await pendingRequests()).filter(({ reference }) => reference === created.reference).length,
      1,
    );
  });

  it('are cancelled with and without their key', async () => {
    const kept = await request();
    await cancelRequest(kept.reference);
    const issued = await authority.sign(kept.request.pem);
    await assert.rejects(completeRequest(issued), { code: 'ERR_SCHANNEL_REQUEST_NOT_FOUND' });
    using result = await completeRequest(issued, { searchKeys: true });
    assert.equal(result.request, null);
    assert.equal((await result.certificate.inspectKey())?.usable, true);

    const deleted = await request();
    await cancelRequest(deleted.reference, { withKey: true });
    await assert.rejects(completeRequest(await authority.sign(deleted.request.pem), { searchKeys: true }), {
      code: 'ERR_SCHANNEL_REQUEST_NOT_FOUND',
    });
  });

  it('renew a certificate with a new key, which it names as its successor', async () => {
    const first = await request({ dns: [host, `www.${host}`], ip: ['127.0.0.1'] });
    using former = await completeRequest(await chain(await authority.sign(first.request.pem)));
    const { reference } = former.certificate;
    assert.ok(reference !== null);
    const renewal = await request({
      dns: undefined,
      usages: undefined,
      friendlyName: undefined,
      renew: reference,
    });
    assert.deepEqual(renewal.request.names, first.request.names);
    assert.deepEqual(renewal.request.extendedKeyUsage, first.request.extendedKeyUsage);
    assert.equal(renewal.subject, first.subject);
    assert.equal(renewal.renews, reference);
    assert.equal(renewal.friendlyName, `shop ${id} ü`);
    assert.ok(!renewal.request.publicKey.equals(first.request.publicKey));
    using result = await completeRequest(await authority.sign(renewal.request.pem));
    assert.equal(result.renewed, reference);
    using store = await openStore('MY');
    const old = await store.findOne({ thumbprint: former.certificate.thumbprint });
    const successor = old?.native.property(64) ?? null;
    assert.equal(
      successor && Buffer.from(successor).toString('hex').toUpperCase(),
      result.certificate.thumbprint,
    );
  });

  it('renew a certificate with the same key, which is not deleted with the request', async () => {
    const first = await request();
    using former = await completeRequest(await authority.sign(first.request.pem));
    const reference = former.certificate.reference ?? '';
    const renewal = await request({ dns: undefined, renew: reference, sameKey: true });
    assert.ok(renewal.request.publicKey.equals(first.request.publicKey));
    await assert.rejects(cancelRequest(renewal.reference, { withKey: true }), {
      code: 'ERR_SCHANNEL_STORE_KEY_SHARED',
    });
    await cancelRequest(renewal.reference);
    assert.equal((await former.certificate.inspectKey())?.usable, true);
  });

  it('keep where they wait, until that is over', async () => {
    const { reference } = await request();
    const submission = { by: 'certreq', authority: 'ca.bar.example\\Läden CA', id: '26' } as const;
    const kept = async (): Promise<unknown> => (await findPending(reference)).submission;
    assert.equal(await kept(), null);
    await rememberSubmission(reference, submission);
    assert.deepEqual(await kept(), submission);
    await rememberSubmission(reference, null);
    assert.equal(await kept(), null);
    await assert.rejects(rememberSubmission(reference, { ...submission, id: '' }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });

  it('leave a key that a lost certificate finds again', async () => {
    const created = await request();
    const issued = await authority.sign(created.request.pem);
    await cancelRequest(created.reference);
    using imported = await importCertificates(Buffer.from(issued));
    const reference = imported.certificates[0]?.reference ?? '';
    const { action, keyLocation } = await repairCertificate(reference);
    assert.equal(action, 'repaired');
    assert.equal(keyLocation.container, created.keyLocation?.container);
    assert.equal((await repairCertificate(reference)).action, 'usable');
    const stranger = await authority.issuing.issue({ subject: `CN=stranger ${id}` });
    using strangers = await importCertificates(Buffer.from(stranger.cert));
    await assert.rejects(repairCertificate(strangers.certificates[0]?.reference ?? ''), {
      code: 'ERR_SCHANNEL_KEY_NOT_FOUND',
    });
  });

  it('leave nothing when they cannot be made', async () => {
    const name = `schannel-test-weak-${id}`;
    await assert.rejects(createRequest({ dns: [host], key: { modulusLength: 1024, name } }), {
      code: 'ERR_SCHANNEL_REQUEST_KEY',
    });
    assert.ok(!(await listContainers()).includes(name));
    assert.ok(!(await pendingRequests()).some(({ subject }) => subject.includes(host)));
  });
});
