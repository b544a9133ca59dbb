import assert from 'node:assert/strict';
import type { CheckContext, Finding } from '#lib/apps/doctor/check.js';
import { POLICY_CHECKS } from '#lib/apps/doctor/checks/policy.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { PROTOCOLS_KEY, SCHANNEL_KEY } from '#lib/windows/policy/keys.js';
import { REG } from '#lib/windows/registry/registry-value.js';
import { ScriptedRegistry } from '../../../../support/scripted-policy.js';

const ask = async (registry: Pick<ScriptedRegistry, 'read'>): Promise<Finding> => {
  const check = POLICY_CHECKS.find(({ id }) => id === 'policy.schannel');
  assert.ok(check !== undefined);
  return check.run({ registry } as CheckContext);
};

describe('apps/doctor/checks/policy', () => {
  it('reports the values that are about TLS, by their path below the key', async () => {
    const registry = new ScriptedRegistry()
      .put(SCHANNEL_KEY, 'EventLogging', 7)
      .put(SCHANNEL_KEY, 'Secret', 1)
      .put(`${PROTOCOLS_KEY}\\TLS 1.2\\Server`, 'Enabled', 0xffffffff)
      .put(`${PROTOCOLS_KEY}\\TLS 1.2\\Server`, 'DisabledByDefault', {
        type: REG.binary,
        data: Buffer.from([1]),
      });
    const { verdict, text, data } = await ask(registry);
    assert.deepEqual([verdict, text], ['found', '2 values are set.']);
    assert.deepEqual(data, { EventLogging: 7, 'Protocols\\TLS 1.2\\Server\\Enabled': 0xffffffff });
  });

  it('tells no key from one with nothing of interest', async () => {
    assert.equal((await ask(new ScriptedRegistry())).verdict, 'absent');
    const { text } = await ask(new ScriptedRegistry().put(SCHANNEL_KEY, 'Secret', 1));
    assert.match(text, /Nothing is set/);
  });

  it('does not take a key that cannot be read for one that is absent', async () => {
    const error = new SchannelError('ERR_SCHANNEL_POLICY_ACCESS_DENIED', 'denied');
    await assert.rejects(ask({ read: () => Promise.reject(error) }), error);
  });
});
