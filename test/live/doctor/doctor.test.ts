import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateKey, openKey, openStore } from 'schannel/store';
import type { CheckReport } from '#lib/apps/doctor/check.js';
import { diagnose, type DoctorReport } from '#lib/apps/doctor/diagnose.js';
import { leftovers } from '#lib/apps/doctor/leftovers.js';
import { native } from '#lib/native/load.js';
import { sharedRoot } from '../../support/certificates.js';
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

  it('removes what a run has left that was killed, and nothing of one that is under way', async () => {
    const nameOf = (run: string): string => `schannel-doctor-${run}-${randomUUID()}`;
    const run = randomBytes(16).toString('hex');
    const alive = native().createLivenessMarker(`Global\\schannel-doctor-${run}`);
    const [name, other] = [nameOf(randomBytes(16).toString('hex')), nameOf(run)];
    for (const each of [name, other]) {
      const key = await generateKey({ provider: RSA_AES, name: each });
      await key.close();
      const store = await openStore(each, { create: true });
      store.close();
    }
    const own = await openStore('CurrentUser\\MY');
    const authority = await sharedRoot();
    for (const each of [name, other]) {
      const { der } = await authority.issue({ subject: `CN=${each}` });
      await own.add(der);
    }
    const subjectsLeft = async (): Promise<(string | null)[]> => {
      const entries = await own.find({ where: ({ commonName }) => [name, other].includes(commonName ?? '') });
      return entries.map(({ commonName }) => commonName);
    };
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
    await assert.rejects(openStore(name, { readOnly: true }), { code: 'ERR_SCHANNEL_STORE_NOT_FOUND' });
    assert.deepEqual(await subjectsLeft(), [other]);
    await (await openKey({ provider: RSA_AES, name: other })).close();
    (await openStore(other, { readOnly: true })).close();
    alive.close();
    // The next run finds it.
    const again = new AbortController();
    await diagnose({ version: '1.2.3', write: true, signal: again.signal, onCheck: () => again.abort() });
    await assert.rejects(openKey({ provider: RSA_AES, name: other }), { code: 'ERR_SCHANNEL_KEY_NOT_FOUND' });
    assert.deepEqual(await subjectsLeft(), []);
    own.close();
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
