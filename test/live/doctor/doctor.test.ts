import assert from 'node:assert/strict';
import { diagnose, type DoctorReport } from '#lib/apps/doctor/diagnose.js';
import { leftovers } from '#lib/apps/doctor/leftovers.js';
import { native } from '#lib/native/load.js';
import { handlesBackTo } from '../../support/native-store.js';

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
