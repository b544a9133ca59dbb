import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type CertreqOptions, type ProgramEnd, runCertreq } from '#lib/apps/enrol/certreq.js';
import type { Enrolment } from '#lib/apps/enrol/enrolment.js';
import { submitRequest } from '#lib/apps/enrol/submit-request.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { signRequest } from '#lib/formats/request/request-writer.js';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { wishesOf } from '#lib/windows/request/parse-options.js';
import { AuthorityFolders } from '../../../support/authority-folder.js';
import { submitSystem } from '../../../support/submit-system.js';
import { memorySigner } from '../../../support/memory-signer.js';

const CONFIG = 'ca.corp.example\\Corp CA';

describe('apps/enrol/certreq', () => {
  const folders = new AuthorityFolders();
  let authority: CertificateAuthority;
  let request: Buffer;
  let issued: string;
  /** Where the last run had its files. */
  let folder: string;
  let asked: readonly string[];

  before(async () => {
    authority = await folders.root();
    const { subject } = wishesOf({ dns: ['www.example'] });
    request = await signRequest({ subject, extensions: [] }, memorySigner('P-256'));
    issued = (await authority.issue(request, { names: { dns: ['www.example'] } })).pem;
  });
  after(() => folders.remove());
  afterEach(() => assert.ok(!existsSync(folder), 'files of the request were left'));

  /** A certreq.exe that writes these files and ends so. */
  const submit = (
    end: ProgramEnd,
    files: { certificate?: string | Buffer; chain?: string | Buffer } = {},
    options: Partial<CertreqOptions> = {},
  ): Promise<Enrolment> =>
    submitRequest(
      request,
      { certreq: { config: CONFIG, ...options } },
      submitSystem({
        runCertreq: (args) => {
          asked = args;
          const [certificate = '', chain = ''] = args.slice(-2);
          folder = dirname(certificate);
          if (files.certificate !== undefined) writeFileSync(certificate, files.certificate);
          if (files.chain !== undefined) writeFileSync(chain, files.chain);
          const csr = args.find((argument) => argument.endsWith('.csr'));
          if (csr !== undefined) assert.ok(readRequest(readFileSync(csr)).der.equals(request));
          return Promise.resolve(end);
        },
      }),
    );

  it('takes the certificate that was written, with its chain', async () => {
    const end = { code: 0, output: 'RequestId: 25\r\nRequestId: "25"\r\nErteilt' };
    const { state, id, chain } = await submit(
      end,
      { certificate: issued, chain: issued + authority.pem },
      { template: 'WebServer' },
    );
    assert.deepEqual({ state, id, length: chain.length }, { state: 'issued', id: '25', length: 2 });
    assert.deepEqual(asked.slice(0, 7), [
      '-submit',
      '-q',
      '-f',
      '-config',
      CONFIG,
      '-attrib',
      'CertificateTemplate:WebServer',
    ]);
  });

  it('asks again by the number', async () => {
    const { state, id } = await submit({ code: 0, output: '' }, { certificate: issued }, { id: '25' });
    assert.deepEqual({ state, id }, { state: 'issued', id: '25' });
    assert.deepEqual(asked.slice(0, 6), ['-retrieve', '-q', '-f', '-config', CONFIG, '25']);
  });

  it('knows a pending request by its number, in any language', async () => {
    const output = 'RequestId: 26\r\nDie Zertifikatanforderung steht aus: (0)';
    const { state, id, reason } = await submit({ code: 0, output });
    assert.deepEqual({ state, id }, { state: 'pending', id: '26' });
    assert.match(reason ?? '', /steht aus/);
  });

  it('knows a refusal by its status', async () => {
    const output = 'RequestId: 27\r\nCertificate not issued (Denied) Denied by Policy Module  0x80094800';
    const { state, reason } = await submit({ code: 0, output });
    assert.equal(state, 'denied');
    assert.match(reason ?? '', /Denied by Policy Module/);
    assert.equal((await submit({ code: -2146877440, output: 'RequestId: 28' })).state, 'denied');
  });

  it('does not take a network that fails for a refusal', async () => {
    const output = 'RequestId: 25\r\nDer RPC-Server ist nicht verfügbar. 0x800706ba (WIN32: 1722)';
    await assert.rejects(submit({ code: -2147023174, output }, {}, { id: '25' }), {
      code: 'ERR_SCHANNEL_ENROL_ANSWER',
    });
  });

  for (const [title, end, files] of [
    // Wine's programs do nothing and end with 0.
    ['says nothing and writes nothing', { code: 0, output: '' }, {}],
    ['fails', { code: 1722, output: 'The RPC server is unavailable.' }, {}],
    ['writes an empty file', { code: 0, output: '' }, { certificate: '' }],
    ['writes something else', { code: 0, output: 'RequestId: 1' }, { certificate: 'hello' }],
    ['writes too much', { code: 0, output: 'RequestId: 1' }, { certificate: Buffer.alloc(2 << 20) }],
  ] as const) {
    it(`does not believe a program that ${title}`, async () => {
      await assert.rejects(submit(end, files), { code: 'ERR_SCHANNEL_ENROL_ANSWER' });
    });
  }

  it('refuses a certificate for another key', async () => {
    await assert.rejects(submit({ code: 0, output: '' }, { certificate: authority.pem }), {
      code: 'ERR_SCHANNEL_ENROL_ANSWER',
      message: /no certificate with the key of the request/,
    });
  });

  for (const options of [
    { config: 'no authority' },
    { config: '-machine\\x' },
    { template: 'a\nb' },
    { template: 'SAN:dns=x' },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, async () => {
      await assert.rejects(submit({ code: 0, output: '' }, {}, options), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }

  it('says when there is no certreq.exe', async () => {
    await assert.rejects(runCertreq(['-?'], undefined), { code: 'ERR_SCHANNEL_ENROL_TOOL_MISSING' });
  });
});
