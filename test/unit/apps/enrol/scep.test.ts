import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import type { EnrolCall } from '#lib/apps/enrol/exchange.js';
import type { Enrolment } from '#lib/apps/enrol/enrolment.js';
import { submitRequest, type SubmitOptions } from '#lib/apps/enrol/submit-request.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { requestedExtensions, signRequest } from '#lib/formats/request/request-writer.js';
import { OID } from '#lib/formats/scep/identifiers.js';
import { signSelf } from '#lib/formats/x509/certificate-writer.js';
import { wishesOf } from '#lib/windows/request/parse-options.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { type AnswerFaults, ScepAuthority, scepKey } from '../../../support/scep-authority.js';
import { submitSystem } from '../../../support/submit-system.js';

const URL_OF_SCEP = 'http://ca.example/scep';

describe('apps/enrol/scep', () => {
  const key = scepKey();
  let authority: ScepAuthority;
  let request: Buffer;
  let issued: Buffer;
  let fingerprint: string;
  let messages: Buffer[];

  before(async () => {
    authority = await new ScepAuthority().make();
    fingerprint = createHash('sha256').update(authority.certificate).digest('hex');
    const wishes = wishesOf({ dns: ['device.example'] });
    const extensions = requestedExtensions({ ...wishes, keyUsage: ['digitalSignature'] }, true);
    request = await signRequest({ subject: wishes.subject, extensions }, key);
    issued = await signSelf(
      { subject: wishes.subject, notBefore: new Date(0), notAfter: new Date(Date.now() + 1e9) },
      key,
    );
  });
  beforeEach(() => {
    messages = [];
  });

  interface Played {
    readonly capabilities?: string;
    readonly certificate?: Uint8Array;
    readonly faults?: AnswerFaults;
    readonly certificates?: readonly Uint8Array[];
    readonly change?: (answer: Buffer) => Buffer;
    readonly status?: number;
  }

  const submit = (
    { capabilities = 'AES\nSHA-256\nPOSTPKIOperation', status = 200, ...played }: Played = {},
    options: Partial<NonNullable<SubmitOptions['scep']>> = {},
    more: Omit<SubmitOptions, 'scep'> = {},
  ): Promise<Enrolment> => {
    const exchange = async ({ url, body }: EnrolCall) => {
      const operation = url.searchParams.get('operation');
      const answer = (bytes: Uint8Array | string) => ({ status, headers: {}, body: Buffer.from(bytes) });
      if (operation === 'GetCACaps') return answer(capabilities);
      if (operation === 'GetCACert') return answer(played.certificate ?? authority.certificate);
      const message = Buffer.from(body as Uint8Array);
      messages.push(message);
      const made = await authority.answer(message, key, played.certificates ?? [issued], played.faults);
      return answer(played.change?.(made) ?? made);
    };
    const scep = { url: URL_OF_SCEP, key, fingerprint, ...options };
    return submitRequest(request, { scep, ...more }, submitSystem({ exchange }));
  };

  it('gets the certificate, with that of the authority', async () => {
    const { state, chain } = await submit({}, { challenge: 'secret' });
    assert.equal(state, 'issued');
    assert.deepEqual(
      chain.map((der) => new X509Certificate(der).subject),
      ['CN=device.example', 'CN=Played CA'],
    );
  });

  for (const [capabilities, cipher] of [
    ['AES\nSHA-256', 'aes-128-cbc'],
    ['SCEPStandard', 'aes-128-cbc'],
    ['', 'des-ede3-cbc'],
  ] as const) {
    it(`sends what OpenSSL verifies and decrypts (${cipher})`, async function () {
      needsOpenssl(this);
      const openssl = new Openssl();
      await submit({ capabilities }, { challenge: 'säcret' });
      openssl.write('message', messages[0] ?? '');
      openssl.write('ca.der', authority.certificate);
      openssl.write('ca.key', authority.key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
      openssl.run('x509', '-inform', 'DER', '-in', 'ca.der', '-out', 'ca.pem');
      openssl.run(
        'cms',
        '-verify',
        '-noverify',
        '-binary',
        '-inform',
        'DER',
        '-in',
        'message',
        '-out',
        'inner',
      );
      openssl.run(
        'cms',
        '-decrypt',
        '-inform',
        'DER',
        '-in',
        'inner',
        '-recip',
        'ca.pem',
        '-inkey',
        'ca.key',
        '-out',
        'csr',
      );
      const shown = openssl.run('cms', '-cmsout', '-print', '-noout', '-inform', 'DER', '-in', 'inner');
      const sent = readRequest(openssl.read('csr'));
      openssl.remove();
      assert.match(shown, new RegExp(cipher));
      assert.deepEqual(sent.names.dns, ['device.example']);
      assert.ok(sent.publicKey.equals(key.publicKey));
      assert.equal(sent.challengePassword, 'säcret');
    });
  }

  it('waits, and asks again without the request', async () => {
    const pending = await submit({ faults: { status: '3' } }, {}, { wait: '45s' });
    assert.equal(pending.state, 'pending');
    assert.match(pending.id ?? '', /^[\da-f]{64}$/);
    const types = messages.map((message) =>
      Buffer.from(ScepAuthority.attributes(message).get(OID.messageType) ?? []).toString(),
    );
    assert.deepEqual(types, ['19', '20', '20']);
  });

  for (const [failInfo, reason] of [
    ['2', /challenge/],
    ['3', /clocks/],
    ['9', /no reason/],
  ] as const) {
    it(`says why it is denied (${failInfo})`, async () => {
      const denied = await submit({ faults: { status: '2', failInfo } });
      assert.equal(denied.state, 'denied');
      assert.match(denied.reason ?? '', reason);
    });
  }

  describe('refuses', () => {
    for (const [title, played] of [
      ['another nonce', { faults: { nonce: Buffer.alloc(16) } }],
      ['another transaction', { faults: { transactionId: 'x' } }],
      ['an unknown status', { faults: { status: '7' } }],
      ['content that was changed', { faults: { content: Buffer.from('x') } }],
      ['an unknown cipher', { faults: { cipher: '1.2.3.4' } }],
      ['a cipher with another length of key', { faults: { cipher: '2.16.840.1.101.3.4.1.42' } }],
      ['two signers', { faults: { signers: 2 } }],
      ['no signer', { faults: { signers: 0 } }],
      ['a signature of another key', { faults: { signer: scepKey() } }],
      ['a certificate for another key', () => ({ certificates: [authority.certificate] })],
      ['no certificate', { certificates: [] }],
      ['an answer that is cut short', { change: (answer: Buffer) => answer.subarray(0, -5) }],
      ['no answer', { change: () => Buffer.alloc(0) }],
      ['a failure of HTTP', { status: 500 }],
    ] as const) {
      it(title, async () => {
        const given: Played = typeof played === 'function' ? played() : played;
        await assert.rejects(submit(given), { code: 'ERR_SCHANNEL_ENROL_ANSWER' });
      });
    }

    it('an authority with another fingerprint, and sends it nothing', async () => {
      await assert.rejects(submit({}, { fingerprint: 'ab'.repeat(32) }), {
        code: 'ERR_SCHANNEL_ENROL_UNTRUSTED',
      });
      await assert.rejects(submit({ certificate: issued }), { code: 'ERR_SCHANNEL_ENROL_UNTRUSTED' });
      assert.deepEqual(messages, []);
    });

    it('plain http without a fingerprint, and another key', async () => {
      await assert.rejects(submit({}, { fingerprint: undefined }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(submit({}, { key: scepKey() }), { code: 'ERR_INVALID_ARG_VALUE' });
    });

    it('what accidents make of an answer, always with the same code', async () => {
      const below = numbersFrom(5);
      let refused = 0;
      for (let round = 0; round < 300; round += 1) {
        const end = await submit({ change: (answer) => mutated(answer, below) }).catch(
          (error: unknown) => error,
        );
        if (!(end instanceof Error)) continue;
        assert.equal((end as Error & { code?: string }).code, 'ERR_SCHANNEL_ENROL_ANSWER', String(end));
        refused += 1;
      }
      assert.ok(refused > 250, String(refused));
    });
  });
});
