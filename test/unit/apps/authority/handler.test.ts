import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { parseRevocationLists } from '#lib/formats/x509/revocation-list.js';
import { AuthorityFolders, newKey } from '../../../support/authority-folder.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('apps/authority/handler', () => {
  const folders = new AuthorityFolders();
  const openssl = new Openssl();
  const errors: unknown[] = [];
  let authority: CertificateAuthority;
  let server: http.Server | undefined;
  let port: number;
  let question: Buffer;
  before(async function () {
    needsOpenssl(this);
    authority = await folders.root({ url: 'http://pki.example/some/folder/' });
    const { pem } = await authority.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    server = http.createServer(authority.handler((error) => errors.push(error)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
    openssl.write('ca.pem', authority.pem);
    openssl.write('leaf.pem', pem);
    openssl.run('ocsp', '-issuer', 'ca.pem', '-cert', 'leaf.pem', '-no_nonce', '-reqout', 'request.der');
    question = openssl.read('request.der');
  });
  after(() => {
    // There is none without OpenSSL.
    server?.closeAllConnections();
    server?.close();
    openssl.remove();
    folders.remove();
    assert.deepEqual(errors, []);
  });

  async function ask(path: string, options: http.RequestOptions = {}, body?: Buffer): Promise<Answer> {
    const request = http.request({ host: '127.0.0.1', port, path, ...options });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
  }

  const FOLDER = '/some/folder';
  const OCSP = `${FOLDER}/test-root/ocsp`;

  it('serves the certificate and the list where the certificates say', async () => {
    const certificate = await ask(`${FOLDER}/test-root.crt`);
    assert.equal(certificate.headers['content-type'], 'application/pkix-cert');
    assert.deepEqual(certificate.body, authority.certificate?.raw);
    const list = await ask(`${FOLDER}/test-root.crl`);
    assert.equal(list.headers['content-type'], 'application/pkix-crl');
    assert.equal(parseRevocationLists(list.body).length, 1);
    const [, seconds] = /^public, max-age=(\d+)$/.exec(list.headers['cache-control'] ?? '') ?? [];
    assert.ok(Number(seconds) > 86_000 && Number(seconds) <= 86_400);
  });

  it('answers HEAD without a body, and a known ETag with 304', async () => {
    const head = await ask(`${FOLDER}/test-root.crl`, { method: 'HEAD' });
    assert.equal(head.body.length, 0);
    const { etag = '' } = head.headers;
    const known = await ask(`${FOLDER}/test-root.crl`, { headers: { 'if-none-match': etag } });
    assert.deepEqual([known.status, known.body.length, known.headers.etag], [304, 0, etag]);
  });

  it('serves the same without the folder, for a proxy that removes it', async () => {
    assert.equal((await ask('/test-root.crt')).status, 200);
  });

  for (const [what, isPost, ending] of [
    ['by POST', true, ''],
    ['by GET', false, ''],
    ['by GET with a slash at the end, as Wine asks', false, '/'],
  ] as const) {
    it(`answers OCSP ${what}`, async () => {
      const encoded = encodeURIComponent(question.toString('base64'));
      const answer = isPost
        ? await ask(OCSP, { method: 'POST' }, question)
        : await ask(`${OCSP}/${encoded}${ending}`);
      assert.equal(answer.headers['content-type'], 'application/ocsp-response');
      openssl.write('response.der', answer.body);
      const text = openssl.run(
        ...['ocsp', '-respin', 'response.der', '-issuer', 'ca.pem', '-cert', 'leaf.pem', '-no_nonce'],
        ...['-CAfile', 'ca.pem'],
      );
      assert.match(text, /leaf\.pem: good/);
    });
  }

  it('answers for peers whose clocks are slow', async () => {
    openssl.write('response.der', (await ask(OCSP, { method: 'POST' }, question)).body);
    const text = openssl.run('ocsp', '-respin', 'response.der', '-noverify', '-text');
    const [, since = ''] = /This Update: (.*)/.exec(text) ?? [];
    assert.ok(Date.parse(since) <= Date.now() - 300_000, since);
  });

  it('answers by the state of now, even if another process changed it', async () => {
    const { CertificateAuthority: Class } = await import('#lib/apps/authority/certificate-authority.js');
    const other = await Class.open(authority.folder, { passphrase: 'secret' });
    const held = await other.issue({ publicKey: newKey(), names: { dns: ['held.example'] } });
    openssl.write('held.pem', held.pem);
    openssl.run('ocsp', '-issuer', 'ca.pem', '-cert', 'held.pem', '-no_nonce', '-reqout', 'held.der');
    const status = async (): Promise<string> => {
      openssl.write('response.der', (await ask(OCSP, { method: 'POST' }, openssl.read('held.der'))).body);
      return openssl.run(
        ...['ocsp', '-respin', 'response.der', '-issuer', 'ca.pem', '-cert', 'held.pem', '-no_nonce'],
        ...['-CAfile', 'ca.pem'],
      );
    };
    assert.match(await status(), /held\.pem: good/);
    await other.revoke('held.example', { reason: 'certificateHold' });
    assert.match(await status(), /held\.pem: revoked[^]*Reason: certificateHold/);
    await other.release('held.example');
    assert.match(await status(), /held\.pem: good/);
  });

  it('certifies one key for all answers', () => {
    assert.equal(authority.certificates({ template: 'ocsp' }).length, 1);
  });

  for (const [what, path, options, body, status, response] of [
    ['an unknown address', '/other', {}, undefined, 404, ''],
    ['an address with escapes', '/%2e%2e/ca.key', {}, undefined, 404, ''],
    ['another method for the list', '/test-root.crl', { method: 'PUT' }, undefined, 405, ''],
    ['another method for OCSP', OCSP, { method: 'DELETE' }, undefined, 405, ''],
    ['a body that is too long', OCSP, { method: 'POST' }, Buffer.alloc(5000), 413, ''],
    ['an address that is too long', `${OCSP}/${'A'.repeat(9000)}`, {}, undefined, 413, ''],
    ['no question', OCSP, { method: 'POST' }, undefined, 200, '30030a0101'],
    ['a question that is text', OCSP, { method: 'POST' }, Buffer.from('hello'), 200, '30030a0101'],
    ['escapes that are none', `${OCSP}/%zz`, {}, undefined, 200, '30030a0101'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const answer = await ask(path, options, body);
      assert.deepEqual([answer.status, answer.body.toString('hex')], [status, response]);
    });
  }

  it('does not sign for questions about other authorities', async () => {
    const other = await folders.root({ subject: 'CN=Other' });
    openssl.write('other.pem', other.pem);
    openssl.run('ocsp', '-issuer', 'other.pem', '-serial', '0x1', '-reqout', 'other.der');
    const { body } = await ask(OCSP, { method: 'POST' }, openssl.read('other.der'));
    assert.equal(body.toString('hex'), '30030a0106');
  });

  it('passes on what is not for it, as handlers of Express do', () => {
    let passed = 0;
    const request = Object.assign(Object.create(http.IncomingMessage.prototype) as http.IncomingMessage, {
      url: '/x',
    });
    authority.handler()(request, {} as http.ServerResponse, () => (passed += 1));
    assert.equal(passed, 1);
  });
});
