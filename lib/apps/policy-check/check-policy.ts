import type { Policy } from '../../windows/policy/read-policy.js';
import { clientFindings } from './client-findings.js';
import { fipsFindings } from './fips-findings.js';
import { bySeverity, type PolicyFinding } from './finding.js';
import { groupFindings } from './group-findings.js';
import { type CheckedMachine, type CheckSystem, readMachine, thisCheckSystem } from './machine.js';
import { numberFindings } from './number-findings.js';
import { registryFindings } from './registry-findings.js';
import { stackFindings } from './stack-findings.js';
import { suiteFindings } from './suite-findings.js';
import { versionFindings } from './version-findings.js';

export interface PolicyCheck {
  readonly policy: Policy;
  /** No finding is an error. */
  readonly usable: boolean;
  /** Errors first, notes last. */
  readonly findings: readonly PolicyFinding[];
}

/**
 * Looks for TLS settings of this machine that contradict each other, do nothing, are unsafe, or keep connections and
 * client certificates from working. Changes nothing, and does not use the network. Needs no administrator.
 *
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM; ERR_SCHANNEL_POLICY_ACCESS_DENIED, ERR_SCHANNEL_SYSTEM_… if
 *   the registry cannot be read
 */
export const checkPolicy = async (): Promise<PolicyCheck> => checkPolicyOf(thisCheckSystem());

/** As {@link checkPolicy}, of a given system. */
export async function checkPolicyOf(system: CheckSystem): Promise<PolicyCheck> {
  const machine = await readMachine(system);
  const findings = findingsOf(machine);
  return {
    policy: machine.policy,
    usable: findings.every(({ severity }) => severity !== 'error'),
    findings,
  };
}

/** All findings about a machine, the most severe first. */
export const findingsOf = (machine: CheckedMachine): PolicyFinding[] => {
  const { policy } = machine;
  return [
    ...versionFindings(policy),
    ...suiteFindings(policy),
    ...groupFindings(policy),
    ...fipsFindings(policy),
    ...clientFindings(machine),
    ...registryFindings(machine.schannel),
    ...numberFindings(policy),
    ...stackFindings(policy),
  ].sort(bySeverity);
};
