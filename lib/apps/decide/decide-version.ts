import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import type { Policy, VersionPolicy } from '../../windows/policy/read-policy.js';
import { isOn } from '../../windows/policy/version-after.js';
import { bindingDoubts, bindingRefuses } from './binding-flags.js';
import {
  type DecidedVersion,
  type DecideInput,
  type Decision,
  reason,
  type Reason,
  VERSION_NAMES,
} from './decision.js';
import { fipsDoubts, fipsRefusesVersion } from './fips.js';
import { emptyListDoubts, suitesRefuseVersion } from './suites-in-force.js';

/** The first build whose defaults are documented. */
const FIRST_DOCUMENTED = 7600;

/** Says whether a role has a version, and the first rule that decides it. */
export function decideVersion(input: DecideInput, version: DecidedVersion): Decision {
  const refusal =
    windowsRefusesVersion(input, version) ??
    suitesRefuseVersion(input, version) ??
    bindingRefuses(input, version) ??
    libraryRefusesVersion(input, version);
  const subject = { subject: version, kind: 'version', role: input.role } as const;
  if (refusal !== null) return { ...subject, answer: 'no', ...refusal };
  const entry = input.policy.protocols[version][input.role];
  const doubt =
    fipsDoubts(input.policy, version) ??
    emptyListDoubts(input.policy) ??
    registryDoubts(entry, version, input.role) ??
    bindingDoubts(input, version);
  return doubt === null
    ? { ...subject, answer: 'yes', ...consent(entry) }
    : { ...subject, answer: 'unknown', ...doubt };
}

/** What is neither said by Schannel nor documented, and what contradicts itself. */
function registryDoubts(entry: VersionPolicy, version: DecidedVersion, role: string): Reason | null {
  const { state, effective, documented } = entry;
  const isOff = state === 'disabled' || state === 'disabled by default';
  if (effective === true) {
    return isOff && entry.decidedBy === 'registry'
      ? reason(
          'protocols',
          'Schannel has it, although the registry switches it off.',
          'Restart Windows, and ask again.',
          origin(entry),
        )
      : null;
  }
  if (isOn(state, documented)) return null;
  return state === 'allowed'
    ? reason(
        'protocols',
        'The registry has Enabled without DisabledByDefault, and Schannel does not say what follows.',
        `Set both: schannel policy set protocol "${version}" ${role} on --undo before.reg`,
        origin(entry),
      )
    : reason('protocols', 'Schannel does not say, and the default of this Windows is not documented.');
}

function consent(entry: VersionPolicy): Reason {
  const source =
    entry.decidedBy === 'registry'
      ? 'the registry switches it on'
      : entry.documented === true
        ? 'it is the default of this Windows'
        : 'nothing in the registry says so, and the documented default is another';
  const proof = entry.effective === true ? 'Schannel has it' : 'By the documentation, Schannel has it';
  return reason('order', `${proof}: ${source}.`, null, entry.decidedBy === 'registry' ? origin(entry) : {});
}

/**
 * What Windows itself says against a version: its build, the registry, and FIPS mode. Null if it says nothing against
 * it.
 */
export function windowsRefusesVersion({ policy, role }: DecideInput, version: DecidedVersion): Reason | null {
  const entry = policy.protocols[version][role];
  // Schannel's own answer: all below only explains it. Wine has TLS 1.3 of GnuTLS, and does not report it.
  if (entry.effective === true || isUnreported(policy, version)) return null;
  // Wine has the versions of GnuTLS.
  const isDocumented = policy.build >= FIRST_DOCUMENTED && policy.wine === null;
  if (entry.documented === null && isDocumented) {
    return reason(
      'build',
      `${policy.release} has no ${version}.`,
      version === 'TLS 1.3'
        ? 'Use Windows 11 or Windows Server 2022. Do not switch it on in the registry: older releases have only an experimental TLS 1.3.'
        : null,
    );
  }
  return registryRefuses(entry, version, role) ?? fipsRefusesVersion(policy, version);
}

function registryRefuses(entry: VersionPolicy, version: DecidedVersion, role: string): Reason | null {
  const { state, effective, documented } = entry;
  const command = `schannel policy set protocol "${version}" ${role} on --undo before.reg`;
  const isObsolete = TLS_VERSIONS[VERSION_NAMES[version]] < TLS_VERSIONS['TLSv1.2'];
  const switchOn = isObsolete
    ? `It is obsolete: leave it off. If an old ${role === 'server' ? 'client' : 'server'} needs it: ${command}`
    : `Run: ${command}`;
  if (state === 'disabled' || state === 'disabled by default') {
    const what =
      state === 'disabled'
        ? 'The registry switches it off'
        : 'The registry leaves it to programs that name it by the old SCHANNEL_CRED';
    const isFactory = entry.decidedBy === 'windows';
    return reason(
      'protocols',
      `${isFactory ? 'Windows is installed with it off' : what}.`,
      isFactory ? switchOn : `${switchOn}. If it comes back, gpresult /h report.html lists group policies.`,
      origin(entry),
    );
  }
  if (effective === false && state === 'allowed') {
    return reason(
      'protocols',
      'Schannel does not have it: the registry has Enabled without DisabledByDefault.',
      switchOn,
      origin(entry),
    );
  }
  if (effective === false && state !== 'default') {
    return reason(
      'protocols',
      'Schannel does not have it, although the registry permits it.',
      'Restart Windows, and look for a security product that changes the settings of Schannel.',
      origin(entry),
    );
  }
  if (effective === false && documented === true) {
    return reason('protocols', 'Schannel does not have it, and nothing in the registry says so.', switchOn);
  }
  return effective === false || (documented === false && state === 'default')
    ? reason('protocols', 'It is off in Windows until the registry switches it on.', switchOn)
    : null;
}

function origin({ key, values, written }: VersionPolicy): Pick<Reason, 'key' | 'value' | 'written'> {
  const value = [
    ...(values.enabled === null ? [] : [`Enabled=${values.enabled}`]),
    ...(values.disabledByDefault === null ? [] : [`DisabledByDefault=${values.disabledByDefault}`]),
  ];
  return { key, value: value.join(' '), written };
}

/** What connections of this library begin with, as those of node:tls. */
const LEAST_VERSION = 'TLSv1.2';

const isUnreported = ({ wine }: Policy, version: DecidedVersion): boolean =>
  wine !== null && version === 'TLS 1.3';

/** What minVersion and maxVersion say against a version. */
export function libraryRefusesVersion({ options }: DecideInput, version: DecidedVersion): Reason | null {
  const number = TLS_VERSIONS[VERSION_NAMES[version]];
  if (options === undefined) return null;
  const { minVersion = LEAST_VERSION, maxVersion } = options;
  if (number < TLS_VERSIONS[minVersion]) {
    const what = options.minVersion === undefined ? 'default of minVersion' : 'option minVersion';
    return reason('library', `The ${what} is ${minVersion}.`, 'Lower minVersion if you must.');
  }
  return maxVersion !== undefined && number > TLS_VERSIONS[maxVersion]
    ? reason('library', `The option maxVersion is ${maxVersion}.`, 'Raise maxVersion.')
    : null;
}
