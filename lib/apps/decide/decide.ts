import { DECIDED_VERSIONS, type DecideInput, type Decision } from './decision.js';
import { suiteNamed, suitesInForce } from '../../windows/policy/suite-versions.js';
import { decideSuite } from './decide-suite.js';
import { decideVersion } from './decide-version.js';

/**
 * Says of each version, and of each cipher suite that is listed, documented or in a list of a group policy, whether a
 * role has it, and the first rule that decides it. It computes from `policy`; nothing is asked of Windows.
 */
export function decide(input: DecideInput): Decision[] {
  const { policy, documented, local, effective } = input.policy.suites;
  const names = [suitesInForce(input.policy), policy, effective, local, documented].flatMap(
    (list) => list ?? [],
  );
  // A list can have names that are of no suite: Windows passes over them, and so do we.
  const suites = new Set(names.flatMap((name) => suiteNamed(name) ?? []));
  return [
    ...[...DECIDED_VERSIONS].reverse().map((version) => decideVersion(input, version)),
    ...[...suites].map((suite) => decideSuite(input, suite)),
  ];
}
