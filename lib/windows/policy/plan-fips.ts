import type { Change } from './change.js';
import { isFipsGroup } from './fips-mode.js';
import { FIPS_KEY } from './keys.js';
import { policyError } from './policy-error.js';
import { listInForce, type Policy } from './read-policy.js';
import { changeOf } from './settings.js';

/** The device management (MDM) has a separate value, and each of the two can switch it on. */
export function fipsChanges({ fips: { enabled, mdmEnabled }, groups }: Policy, on: boolean): Change[] {
  if (mdmEnabled !== null && mdmEnabled !== 0 && !on) {
    throw policyError(
      'ERR_SCHANNEL_POLICY_DECIDED',
      `The device management switches FIPS mode on (MDMEnabled=${mdmEnabled})`,
      'Change it where devices are managed.',
    );
  }
  const list = listInForce(groups);
  if (on && list !== null && !list.some(isFipsGroup)) {
    throw policyError(
      'ERR_SCHANNEL_POLICY_UNSAFE',
      `FIPS mode would leave no group: this machine has ${list.join(', ')}`,
      'Add NistP256 first: schannel policy set groups.',
    );
  }
  const isOn = enabled !== null && enabled !== 0;
  return isOn === on ? [] : [changeOf(FIPS_KEY, 'Enabled', enabled, on ? 1 : 0)];
}
