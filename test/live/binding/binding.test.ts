import assert from 'node:assert/strict';
import { checkBinding, listBindings, removeBinding, setBinding } from 'schannel/binding';
import { native } from '#lib/native/load.js';
import { skipOnDouble, skipOnRealWindows } from '../../support/windows.js';

describe('bindings of http.sys', () => {
  const key = 'bar.example:44399';

  before(function () {
    skipOnDouble(this, 'http.sys is not part of the double');
  });

  afterEach(() => {
    assert.equal(native().handleCounts().httpConfigurations, 0);
  });

  it('are read from Windows', async () => {
    assert.deepEqual(await listBindings({ host: 'bar.example', port: 44_399 }), []);
    await assert.rejects(checkBinding(key), { code: 'ERR_SCHANNEL_BINDING_NOT_FOUND' });
    await assert.rejects(removeBinding(key), { code: 'ERR_SCHANNEL_BINDING_NOT_FOUND' });
  });

  it('need a certificate that is there', async () => {
    await assert.rejects(setBinding({ key, certificate: 'AB'.repeat(20) }), {
      code: 'ERR_SCHANNEL_BINDING_CERTIFICATE',
    });
  });

  it('are read back: Wine says that it has set one, and has not', async function () {
    skipOnRealWindows(this, 'the bindings');
    // A central store needs no certificate.
    await assert.rejects(setBinding({ key: 'ccs:44399' }), { code: 'ERR_SCHANNEL_BINDING_UNVERIFIED' });
  });
});
