import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateKey, openKey, openStore } from 'schannel/store';
import { makeIdentity } from '#lib/apps/doctor/certificates.js';
import type { CheckReport } from '#lib/apps/doctor/check.js';
import { diagnose, type DoctorReport } from '#lib/apps/doctor/diagnose.js';
import { leftovers } from '#lib/apps/doctor/leftovers.js';
import { native } from '#lib/native/load.js';
import { type JsonSchema, schemaFaults } from '../../support/json-schema.js';
import { handlesBackTo } from '../../support/native-store.js';

const RSA_AES = 'Microsoft Enhanced RSA and AES Cryptographic Provider';

describe('schannel doctor on this machine', function () {
  // Keys are made, and one notification is waited for.

  const verdicts = ({ checks }: DoctorReport): Map<string, string> =>
    new Map(checks.map(({ id, verdict }) => [id, verdict]));

  it('only looks, and finds nothing broken', async () => {
    const report = await diagnose({ version: '1.2.3' });
    const found = verdicts(report);
    assert.equal(report.ok, true, JSON.stringify(report.checks, null, 1));
    assert.equal(found.get('system'), 'works');
    assert.equal(found.get('protocols.client'), 'works');
    assert.equal(found.get('loop-back.anonymous'), 'works');
    assert.equal(found.get('keys.csp-rsa'), 'not tried');
  });

  it('makes keys and certificates, and removes them again', async () => {
    const before = native().handleCounts();
    const report = await diagnose({ version: '1.2.3', write: true });
    const found = verdicts(report);
    assert.equal(report.ok, true, JSON.stringify(report.checks, null, 1));
    for (const id of [
      'keys.csp-rsa',
      'store.properties',
      'files.pfx-rsa',
      'loop-back.csp-rsa',
      'loop-back.pfx-rsa',
      'loop-back.pem-rsa',
      'server.csp-rsa',
      'leftovers',
    ]) {
      assert.equal(found.get(id), 'works', id);
    }
    assert.deepEqual(report.left, []);
    assert.deepEqual(await leftovers(native()), []);
    await handlesBackTo(before);
  });

  it('removes what a run has left that was killed', async () => {
    const name = `schannel-doctor-${randomUUID()}`;
    const key = await generateKey({ provider: RSA_AES, name });
    await key.close();
    const store = await openStore(name, { create: true });
    store.close();
    const own = await openStore('CurrentUser\\MY');
    const { name: subject, der } = makeIdentity('ec');
    await own.add(der);
    const abort = new AbortController();
    const checks: CheckReport[] = [];
    await diagnose({
      version: '1.2.3',
      write: true,
      signal: abort.signal,
      // The first one is enough.
      onCheck: (check) => {
        checks.push(check);
        abort.abort();
      },
    });
    const [swept] = checks;
    assert.deepEqual([swept?.id, swept?.verdict], ['killed-runs', 'found']);
    assert.match(swept?.text ?? '', /1 keys in .*1 certificates in CurrentUser\\MY.*1 stores/);
    await assert.rejects(openKey({ provider: RSA_AES, name }), { code: 'ERR_SCHANNEL_KEY_NOT_FOUND' });
    assert.equal(await own.findOne({ where: ({ commonName }) => commonName === subject }), null);
    own.close();
    await assert.rejects(openStore(name, { readOnly: true }), { code: 'ERR_SCHANNEL_STORE_NOT_FOUND' });
  });

  it('has a report of the form that its schema promises', async () => {
    const schema = JSON.parse(
      readFileSync(
        join(dirname(require.resolve('schannel/package.json')), 'docs/schannel-doctor-1.schema.json'),
        'utf8',
      ),
    ) as JsonSchema;
    const abort = new AbortController();
    const report = await diagnose({
      version: '1.2.3',
      signal: abort.signal,
      onCheck: ({ id }) => {
        if (id === 'stores.CurrentUser') abort.abort();
      },
    });
    assert.deepEqual(schemaFaults(JSON.parse(JSON.stringify(report)), schema), []);
    assert.notDeepEqual(schemaFaults({ ...report, left: [1], more: 1 }, schema), []);
  });

  it('removes what it has made when it is given up', async () => {
    const abort = new AbortController();
    const report = await diagnose({
      version: '1.2.3',
      write: true,
      signal: abort.signal,
      // The check behind it is under way when this one has been told.
      onCheck: ({ id }) => {
        if (id === 'keys.cng-ec-p384') setImmediate(() => abort.abort());
      },
    });
    assert.equal(report.givenUp, true);
    assert.deepEqual(report.left, []);
    assert.deepEqual(await leftovers(native()), []);
  });
});
