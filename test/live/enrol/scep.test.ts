import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CertificateAuthority } from 'schannel/pki';
import type { EnrolAnswer } from '#lib/apps/enrol/exchange.js';
import { submitRequest } from '#lib/apps/enrol/submit-request.js';
import { native } from '#lib/native/load.js';
import { handlesBackTo } from '../../support/native-store.js';
import { OwnRequests } from '../../support/own-requests.js';
import { ScepAuthority, scepKey } from '../../support/scep-authority.js';
import { submitSystem } from '../../support/submit-system.js';

/** The authority is played: Debian's scepserver listens on all addresses. Signing and decrypting is done by Windows. */
describe('SCEP', () => {
  const id = randomUUID();
  const own = new OwnRequests(id);
  let folder: string;
  let issuer: CertificateAuthority;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-scep-'));
    issuer = await CertificateAuthority.init(path.join(folder, 'ca'), {
      subject: `CN=SCEP root ${id}`,
      url: 'http://pki.example/',
      key: { passphrase: 'secret', algorithm: 'ec', iterations: 1000 },
    });
  });
  after(async () => {
    await own.remove();
    await issuer.close();
    rmSync(folder, { recursive: true });
  });

  it('signs and decrypts with the key of a pending request', async () => {
    const { request, keyLocation } = await own.create({ dns: [`${id}.example`] });
    assert.ok(keyLocation !== null);
    const handles = native().handleCounts();
    const played = await new ScepAuthority().make();
    const publicKey = createPublicKey(request.publicKey.export({ type: 'spki', format: 'pem' }));
    const exchange = async ({
      url,
      body,
    }: {
      url: URL;
      body?: string | Uint8Array;
    }): Promise<EnrolAnswer> => {
      const answer = (bytes: Uint8Array | string): EnrolAnswer => ({
        status: 200,
        headers: {},
        body: Buffer.from(bytes),
      });
      const operation = url.searchParams.get('operation');
      if (operation === 'GetCACaps') return answer('AES');
      if (operation === 'GetCACert') return answer(played.certificate);
      const { certificate } = await issuer.issue(request);
      assert.ok(certificate !== null);
      return answer(
        await played.answer(Buffer.from(body ?? ''), { ...scepKey(), publicKey }, [certificate.raw]),
      );
    };
    const scep = {
      url: 'http://ca.example/scep',
      key: keyLocation,
      challenge: 'secret',
      fingerprint: createHash('sha256').update(played.certificate).digest('hex'),
    };
    const { state, chain } = await submitRequest(request, { scep }, submitSystem({ exchange }));
    assert.equal(state, 'issued');
    assert.deepEqual(issuer.find(chain[0] ?? '').names.dns, [`${id}.example`]);
    await handlesBackTo(handles);
  });
});
