import { outOfRange } from '../../base/errors/argument-error.js';
import { DEFAULT_GROUPS, defaultSuites, documentedDefault } from './windows-defaults.js';
import { POLICY_VERSIONS, type PolicyVersion, ROLES } from './protocol-versions.js';
import type { Role } from '../../native/binding.js';

/** Settings to compare with. What a template does not name is not compared. */
export interface PolicyTemplate {
  readonly name: string;
  /** Whether a version is on, by role. */
  readonly protocols?: Readonly<Partial<Record<PolicyVersion, Readonly<Partial<Record<Role, boolean>>>>>>;
  /** Windows' names. */
  readonly suites?: readonly string[];
  readonly groups?: readonly string[];
  /** The order of `suites` and `groups` matters. Default false. */
  readonly ordered?: boolean;
}

export const TEMPLATE_NAMES = ['windows-default', 'mozilla-intermediate', 'mozilla-modern'] as const;

export type TemplateName = (typeof TEMPLATE_NAMES)[number];

const TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Suites that Windows has in no version are left out: ECDHE with ChaCha20 of TLS 1.2. */
const INTERMEDIATE = ['ECDSA', 'RSA'].flatMap((key) => [
  `TLS_ECDHE_${key}_WITH_AES_128_GCM_SHA256`,
  `TLS_ECDHE_${key}_WITH_AES_256_GCM_SHA384`,
]);

const MOZILLA_GROUPS = ['x25519_mlkem768', 'curve25519', 'NistP256', 'NistP384'];

const versions = (...on: readonly PolicyVersion[]): NonNullable<PolicyTemplate['protocols']> =>
  Object.fromEntries(
    POLICY_VERSIONS.filter((version) => !version.startsWith('DTLS')).map((version) => [
      version,
      { client: on.includes(version), server: on.includes(version) },
    ]),
  );

/** A template by a name that a caller gives. @throws RangeError ERR_OUT_OF_RANGE for an unknown name */
export function namedTemplate(name: TemplateName, build: number, argument: string): PolicyTemplate {
  if (TEMPLATE_NAMES.includes(name)) return templateOf(name, build);
  throw outOfRange(argument, `one of ${TEMPLATE_NAMES.join(', ')}`, name);
}

/** A template by its name. Mozilla's are those of its guideline 6.0 ("Server Side TLS"), in Windows' names. */
function templateOf(name: TemplateName, build: number): PolicyTemplate {
  switch (name) {
    case 'mozilla-modern':
      return { name, protocols: versions('TLS 1.3'), suites: TLS13, groups: MOZILLA_GROUPS };
    case 'mozilla-intermediate':
      return {
        ...{ name, protocols: versions('TLS 1.2', 'TLS 1.3') },
        ...{ suites: [...TLS13, ...INTERMEDIATE], groups: MOZILLA_GROUPS },
      };
    case 'windows-default': {
      const suites = defaultSuites(build);
      return {
        ...{ name, ordered: true, groups: DEFAULT_GROUPS },
        ...(suites === null ? {} : { suites }),
        protocols: Object.fromEntries(
          POLICY_VERSIONS.map((version) => [
            version,
            Object.fromEntries(
              ROLES.flatMap((role) => {
                const state = documentedDefault(build, version, role);
                return state === null ? [] : [[role, state]];
              }),
            ),
          ]),
        ),
      };
    }
  }
}
