import assert from 'node:assert/strict';
import { alertDetails } from '#lib/base/errors/alerts.js';
import { errorFromStatus } from '#lib/base/errors/from-status.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { adviseOnSettings, forgetReadings } from '#lib/tls/socket/settings-advice.js';
import { POLICY_SUITES_KEY, PROTOCOLS_KEY } from '#lib/windows/policy/keys.js';
import { ScriptedRegistry } from '../../../support/scripted-policy.js';

const DEFAULTS = { min: 'TLSv1.2', max: 'TLSv1.3' } as const;
const ONLY_13 = { min: 'TLSv1.3', max: 'TLSv1.3' } as const;

const MISMATCH = { status: 0x80090331, syscall: 'InitializeSecurityContextW', phase: 'handshake' } as const;
const alerted = (number: number): SchannelError =>
  errorFromStatus({ ...MISMATCH, status: 0x80090326, alert: alertDetails(number, 'received') });

describe('tls/socket/settings-advice', () => {
  let registry: ScriptedRegistry;
  let reads = 0;

  beforeEach(() => {
    forgetReadings();
    reads = 0;
    registry = new ScriptedRegistry();
  });
  after(forgetReadings);

  const counted = () => ({
    read: (...args: Parameters<ScriptedRegistry['read']>) => {
      reads += 1;
      return registry.read(...args);
    },
  });

  async function adviceOn(
    error: Error,
    role: 'client' | 'server' = 'client',
    protocols: typeof DEFAULTS | typeof ONLY_13 = DEFAULTS,
  ) {
    const before = error.message;
    await adviseOnSettings(error, { role, protocols }, counted);
    assert.equal(error.message, before);
    return (error as SchannelError).advice ?? '';
  }

  for (const [what, error] of [
    ['SEC_E_ALGORITHM_MISMATCH', () => errorFromStatus(MISMATCH)],
    ['SEC_E_UNSUPPORTED_FUNCTION', () => errorFromStatus({ ...MISMATCH, status: 0x80090302 })],
    ['alert 70', () => alerted(70)],
    ['alert 40', () => alerted(40)],
    ['alert 71', () => alerted(71)],
    ['no version for a credential', () => errorFromStatus({ ...MISMATCH, phase: 'credential' })],
  ] as const) {
    it(`names the options, the registry and the group policy for ${what}, before the other advice`, async () => {
      registry.put(`${PROTOCOLS_KEY}\\TLS 1.3\\Client`, 'Enabled', 0);
      registry.put(POLICY_SUITES_KEY, 'Functions', ['TLS_A', 'TLS_B']);
      const own = error().advice ?? '';
      const advice = await adviceOn(error(), 'client', ONLY_13);
      assert.match(
        advice,
        /^minVersion and maxVersion allow only TLSv1\.3 here\. The registry .* off TLS 1\.3 for clients \(HKLM\\SYSTEM.*\\TLS 1\.3\\Client\): schannel policy explain "TLS 1\.3" --client\. A group policy lists 2 cipher suites/,
      );
      assert.ok(advice.endsWith(own));
    });
  }

  it('adds nothing where nothing is set', async () => {
    registry.put(`${PROTOCOLS_KEY}\\TLS 1.2\\Client`, 'Enabled', 1);
    assert.equal(await adviceOn(alerted(70)), alerted(70).advice);
  });

  it('looks at the role and at the versions of the handshake', async () => {
    registry.put(`${PROTOCOLS_KEY}\\TLS 1.2\\Server`, 'DisabledByDefault', 1);
    assert.equal(await adviceOn(alerted(70)), alerted(70).advice);
    assert.match(await adviceOn(alerted(70), 'server'), /switches off TLS 1\.2 for servers/);
    assert.doesNotMatch(await adviceOn(alerted(70), 'server', ONLY_13), /TLS 1\.2/);
  });

  it('reads nothing for other errors', () => {
    const settings = { role: 'client', protocols: ONLY_13 } as const;
    for (const error of [
      new Error('other'),
      alerted(48),
      errorFromStatus({ ...MISMATCH, phase: 'data', alert: alertDetails(40, 'received') }),
      new SchannelError('ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM', 'refused here', {
        phase: 'handshake',
        alert: alertDetails(70, 'sent'),
      }),
    ]) {
      assert.equal(adviseOnSettings(error, settings, counted), null);
    }
    assert.equal(reads, 0);
  });

  it('reads once for many errors', async () => {
    for (let count = 0; count < 3; count += 1) await adviceOn(alerted(70));
    assert.equal(reads, 2);
  });

  it('leaves the error as it is if the registry cannot be read', async () => {
    for (const fault of [
      () => {
        throw new Error('no add-on');
      },
      () => ({ read: () => Promise.reject(new Error('denied')) }),
    ]) {
      forgetReadings();
      const error = alerted(70);
      await adviseOnSettings(error, { role: 'client', protocols: DEFAULTS }, fault);
      assert.deepEqual([error.code, error.advice], [alerted(70).code, alerted(70).advice]);
    }
  });
});
