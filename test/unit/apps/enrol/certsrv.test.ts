import assert from 'node:assert/strict';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import type { CertsrvOptions } from '#lib/apps/enrol/certsrv.js';
import type { Enrolment } from '#lib/apps/enrol/enrolment.js';
import type { EnrolAnswer, EnrolCall } from '#lib/apps/enrol/exchange.js';
import { submitRequest } from '#lib/apps/enrol/submit-request.js';
import { certsOnly } from '#lib/formats/est/est-message.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { signRequest } from '#lib/formats/request/request-writer.js';
import { wishesOf } from '#lib/windows/request/parse-options.js';
import { AuthorityFolders } from '../../../support/authority-folder.js';
import { submitSystem } from '../../../support/submit-system.js';
import { memorySigner } from '../../../support/memory-signer.js';

const HTML = 'text/html; charset=utf-8';

/** The pages are written after magnuswatn/certsrv, since no AD CS is at hand. */
describe('apps/enrol/certsrv', () => {
  const folders = new AuthorityFolders();
  let request: Buffer;
  let chain: Buffer;
  let authority: CertificateAuthority;
  let calls: EnrolCall[];

  before(async () => {
    authority = await folders.root();
    const { subject } = wishesOf({ dns: ['www.example'] });
    request = await signRequest({ subject, extensions: [] }, memorySigner('P-256'));
    const issued = await authority.issue(request, { names: { dns: ['www.example'] } });
    chain = certsOnly([...issued.chain, Buffer.from(issued.certificate?.raw ?? [])]);
  });
  beforeEach(() => {
    calls = [];
  });
  after(() => folders.remove());

  const page = (body: string, status = 200): EnrolAnswer => ({
    status,
    headers: { 'content-type': HTML },
    body: Buffer.from(body),
  });

  const submit = (
    answers: readonly EnrolAnswer[],
    options: Partial<CertsrvOptions> = {},
  ): Promise<Enrolment> =>
    submitRequest(
      request,
      { certsrv: { url: 'https://ca.example', ...options } },
      submitSystem({
        exchange: (call) => {
          calls.push(call);
          const answer = answers[calls.length - 1];
          return answer === undefined ? assert.fail('one request too many') : Promise.resolve(answer);
        },
      }),
    );

  const p7b = (): EnrolAnswer => ({
    status: 200,
    headers: { 'content-type': 'application/x-pkcs7-certificates' },
    body: chain,
  });

  it('sends the form, and fetches the certificate with its chain', async () => {
    const answers = [
      page('<a href="certnew.cer?ReqID=25&amp;Enc=b64">x</a> certnew.cer?ReqID=25&Enc=b64'),
      p7b(),
    ];
    const {
      state,
      id,
      chain: got,
    } = await submit(answers, {
      template: 'WebServer',
      user: 'CORP\\anna',
      password: 'secret',
    });
    assert.deepEqual({ state, id, length: got.length }, { state: 'issued', id: '25', length: 2 });
    const [post, get] = calls;
    assert.equal(post?.url.href, 'https://ca.example/certsrv/certfnsh.asp');
    assert.equal(get?.url.href, 'https://ca.example/certsrv/certnew.p7b?ReqID=25&Enc=bin');
    const form = new URLSearchParams(String(post.body));
    assert.equal(form.get('CertAttrib'), 'CertificateTemplate:WebServer\r\n');
    assert.ok(readRequest(form.get('CertRequest') ?? '').der.equals(request));
    assert.equal(
      post.headers?.['authorization'],
      `Basic ${Buffer.from('CORP\\anna:secret').toString('base64')}`,
    );
    assert.match(post.headers['user-agent'] ?? '', /^Mozilla/);
  });

  it('is pending with a number, and asks again by it', async () => {
    const pending = await submit([page('<b>Certificate Pending</b> Your Request Id is 26.')]);
    assert.deepEqual([pending.state, pending.id], ['pending', '26']);
    calls = [];
    const still = await submit([page('The disposition message is "Taken Under Submission"')], { id: '26' });
    assert.deepEqual([still.state, still.id], ['pending', '26']);
    calls = [];
    assert.equal((await submit([p7b()], { id: '26' })).state, 'issued');
    assert.equal(calls[0]?.url.search, '?ReqID=26&Enc=bin');
  });

  it('is denied with the reason, made printable', async () => {
    const text =
      'Your Request Id is 27. The disposition message is "Denied by <i>Policy</i>\u001b[2J Module"';
    const { state, id, reason } = await submit([page(text)]);
    assert.deepEqual([state, id], ['denied', '27']);
    assert.match(reason ?? '', /^Denied by\s+Policy/);
    assert.ok(reason?.includes('\u001b') === false && !reason.includes('<'));
  });

  for (const status of [401, 403]) {
    it(`is not authorized (${String(status)})`, async () => {
      await assert.rejects(submit([page('', status)]), { code: 'ERR_SCHANNEL_ENROL_UNAUTHORIZED' });
    });
  }

  for (const [title, answers] of [
    ['a page in another language', () => [page('Ihre Anforderung wurde bearbeitet')]],
    ['a failure', () => [page('', 500)]],
    ['a redirection', () => [page('', 302)]],
    [
      'a certificate that is none',
      () => [page('certnew.cer?ReqID=1&'), { ...p7b(), body: Buffer.from('hello') }],
    ],
    [
      'a certificate for another key',
      () => [
        page('certnew.cer?ReqID=1&'),
        { ...p7b(), body: certsOnly([Buffer.from(authority.certificate?.raw ?? [])]) },
      ],
    ],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(submit(answers()), { code: 'ERR_SCHANNEL_ENROL_ANSWER' });
    });
  }

  it('refuses plain http and a number that is none', async () => {
    await assert.rejects(submit([], { url: 'http://ca.example/certsrv' }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(submit([], { id: '1&x=2' }), { code: 'ERR_SCHANNEL_ENROL_ANSWER' });
  });
});
