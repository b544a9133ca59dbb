import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { LOCAL_SUITES_KEY, POLICY_SUITES_KEY, SUITES_VALUE } from '../../windows/policy/keys.js';
import { hasSuite, suitesInForce, versionsOf } from '../../windows/policy/suite-versions.js';
import { withoutCurve } from '../../windows/policy/windows-defaults.js';
import { bindingDoubts, bindingRefuses } from './binding-flags.js';
import { certificateDoubts, certificateRefuses } from './certificate-rule.js';
import {
  type DecidedVersion,
  type DecideInput,
  type Decision,
  reason,
  type Reason,
  type Rule,
} from './decision.js';
import { decideVersion, libraryRefusesVersion, windowsRefusesVersion } from './decide-version.js';
import { fipsDoubts, fipsRefuses } from './fips.js';
import { groupsDoubt, groupsRefuse } from './group-rule.js';
import { signaturesRefuse } from './signature-rule.js';
import { emptyListDoubts } from './suites-in-force.js';

type SuiteRule = (input: DecideInput, suite: CipherSuite) => Reason | null;

/** Says whether a role has a suite, and the first rule that decides it. */
export function decideSuite(input: DecideInput, suite: CipherSuite): Decision {
  const subject = { subject: suite.name, kind: 'suite', role: input.role } as const;
  for (const rule of SUITE_RULES) {
    const refusal = rule(input, suite);
    if (refusal !== null) return { ...subject, answer: 'no', ...refusal };
  }
  for (const doubts of SUITE_DOUBTS) {
    const doubt = doubts(input, suite);
    if (doubt !== null) return { ...subject, answer: 'unknown', ...doubt };
  }
  return { ...subject, answer: 'yes', ...rankOf(suitesInForce(input.policy) ?? [], suite) };
}

function rankOf(list: readonly string[], { name }: CipherSuite): Reason {
  const rank = list.indexOf(name);
  const before = list.slice(0, rank);
  const shown = before.slice(0, 3).join(', ');
  const others = before.length > 3 ? ` and ${before.length - 3} more` : '';
  return reason(
    'order',
    `It is number ${rank + 1} of ${list.length}${rank === 0 ? '' : `. Before it: ${shown}${others}`}.`,
  );
}

type VersionRefuses = (input: DecideInput, version: DecidedVersion) => Reason | null;

/** Refuses if one of `before`, or `refuses`, is against each version that can have the suite. */
const byVersion =
  (rule: Rule, refuses: VersionRefuses, ...before: readonly VersionRefuses[]): SuiteRule =>
  (input, suite) => {
    const all = versionsOf(suite);
    const left = all.filter((version) => before.every((each) => each(input, version) === null));
    const [version] = left;
    const refusals = left.flatMap((each) => refuses(input, each) ?? []);
    const [first] = refusals;
    if (version === undefined || first === undefined || refusals.length < left.length) return null;
    const needs = all.length === 1 ? version : `one of ${all.join(', ')}`;
    return { ...first, rule, text: `It needs ${needs}. ${version}: ${first.text}` };
  };

/** In the order in which they are asked. */
const SUITE_RULES: readonly SuiteRule[] = [
  buildRefuses,
  ({ policy }, suite) => fipsRefuses(policy, suite),
  policyListRefuses,
  localListRefuses,
  byVersion('version', windowsRefusesVersion),
  certificateRefuses,
  groupsRefuse,
  signaturesRefuse,
  bindingRefuses,
  byVersion('binding', bindingRefuses, windowsRefusesVersion),
  byVersion('library', libraryRefusesVersion, windowsRefusesVersion, bindingRefuses),
  libraryRefuses,
];

/** What leaves the answer open if nothing says no. */
const SUITE_DOUBTS: readonly SuiteRule[] = [
  listDoubts,
  ({ policy }, suite) => fipsDoubts(policy, suite),
  certificateDoubts,
  groupsDoubt,
  bindingDoubts,
  versionDoubts,
];

/** The first build whose suites are documented. Newer ones keep those of older ones. */
const FIRST_DOCUMENTED = 14393;

function listDoubts({ policy }: DecideInput, { name }: CipherSuite): Reason | null {
  const { suites, build, release } = policy;
  if (suitesInForce(policy) === null) {
    return reason(
      'local list',
      'Windows does not list its suites, and those of this release are not documented.',
    );
  }
  if (suites.policy === null || policy.wine !== null) return null;
  const emptyList = emptyListDoubts(policy);
  if (emptyList !== null) return emptyList;
  const isMachines = [suites.effective, suites.local].some((list) => list?.map(withoutCurve).includes(name));
  const origin = { key: POLICY_SUITES_KEY, value: SUITES_VALUE };
  return build >= FIRST_DOCUMENTED || isMachines
    ? null
    : reason(
        'policy list',
        `A group policy lists it, and nobody says whether ${release} has it.`,
        null,
        origin,
      );
}

function versionDoubts(input: DecideInput, suite: CipherSuite): Reason | null {
  const versions = versionsOf(suite).map((version) => decideVersion(input, version));
  if (versions.some(({ answer }) => answer === 'yes')) return null;
  const unknown = versions.find(({ answer }) => answer === 'unknown');
  if (unknown === undefined) return null;
  const { subject, text, remedy, key, value, written } = unknown;
  return reason('version', `It needs ${subject}, and that is not known. ${text}`, remedy, {
    key,
    value,
    written,
  });
}

function buildRefuses({ policy }: DecideInput, { name }: CipherSuite): Reason | null {
  if (hasSuite(policy, name)) return null;
  return reason('build', `${policy.release} has no ${name}.`, 'Offer a suite that it has as well.');
}

function policyListRefuses({ policy: { suites, wine } }: DecideInput, { name }: CipherSuite): Reason | null {
  if (wine !== null || suites.policy === null || suites.policy.length === 0) return null;
  if (suites.policy.map(withoutCurve).includes(name)) return null;
  return reason(
    'policy list',
    `A group policy lists ${suites.policy.length} suites, without this one.`,
    'Change "SSL Cipher Suite Order" in the group policy (gpresult /h report.html names it). The list of the machine counts for nothing beside it.',
    { key: POLICY_SUITES_KEY, value: SUITES_VALUE },
  );
}

function localListRefuses({ policy }: DecideInput, { name, flags }: CipherSuite): Reason | null {
  const list = policy.suites.policy === null ? suitesInForce(policy) : null;
  if (list === null || list.includes(name)) return null;
  const isDefault = policy.suites.documented?.includes(name) === true;
  const isWeak = flags.includes('weak') || flags.includes('insecure');
  return reason(
    'local list',
    isDefault
      ? 'It was removed from the list of this machine.'
      : `It is not in the default list of ${policy.release}, and was not added.`,
    isWeak
      ? 'It is weak: leave it off.'
      : `Add it with schannel policy set suites, which takes the whole list, or with: Enable-TlsCipherSuite -Name ${name}`,
    { key: LOCAL_SUITES_KEY, value: SUITES_VALUE },
  );
}

/** The first build that counts triple DES and a suite of DHE among the weak ones. */
const FIRST_STRICTER_BUILD = 22000;

/** What programs have to ask for, and what SCH_USE_STRONG_CRYPTO leaves out, which this library always sets. */
function libraryRefuses({ policy, options }: DecideInput, suite: CipherSuite): Reason | null {
  if (suite.keyExchange.includes('PSK')) {
    return reason('library', 'Windows has it only for programs that ask for pre-shared keys.');
  }
  if (suite.cipher === 'NULL') {
    return reason('library', 'Windows has it only for programs that ask for no encryption.');
  }
  if (options === undefined) return null;
  const isWeak = /^(RC4|DES|RC2)/.test(suite.cipher) || suite.keyExchange.includes('EXPORT');
  const isWeakSince11 =
    suite.cipher.startsWith('3DES') || suite.name === 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384';
  return isWeak || (policy.build >= FIRST_STRICTER_BUILD && isWeakSince11)
    ? reason('library', 'This library asks Windows for strong cryptography only (SCH_USE_STRONG_CRYPTO).')
    : null;
}
