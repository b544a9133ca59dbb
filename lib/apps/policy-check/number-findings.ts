import { SCHANNEL_KEY } from '../../windows/policy/keys.js';
import type { OtherValue, Policy } from '../../windows/policy/read-policy.js';
import {
  deleteCommand,
  finding,
  type PolicyFinding,
  type PolicyFindingCode,
  type PolicySeverity,
  setCommand,
} from './finding.js';

/** When a number is worth a finding. */
interface Rule {
  readonly names: RegExp;
  readonly isBad: (value: number, usual: number | null) => boolean;
  readonly severity: PolicySeverity;
  readonly code: PolicyFindingCode;
  readonly meaning: (value: OtherValue) => string;
}

const RULES: readonly Rule[] = [
  {
    names: /^(ClientCacheTime|ServerCacheTime|MaximumCacheSize)$/,
    isBad: (value) => value === 0,
    ...{ severity: 'note', code: 'RESUMPTION_OFF' },
    meaning: ({ name }) =>
      `${name} is 0: sessions are not resumed, and each connection costs a whole handshake.`,
  },
  {
    names: /^MessageLimit/,
    isBad: (value, usual) => usual !== null && value < usual,
    ...{ severity: 'warning', code: 'MESSAGE_LIMIT' },
    meaning: ({ name, value, default: usual }) =>
      `${name} is ${String(value)}, less than the default of ${String(usual)}: handshakes with long chains, many authorities or groups with ML-KEM fail.`,
  },
  {
    names: /MinKeyBitLength$/,
    isBad: (value, usual) => usual !== null && value < usual,
    ...{ severity: 'warning', code: 'SHORT_KEYS' },
    meaning: ({ name, value, key, default: usual }) =>
      `${name} of ${key.split('\\').at(-1) ?? ''} is ${String(value)}, less than the default of ${String(usual)}: keys that can be broken are used.`,
  },
  {
    names: /^AllowInsecureRenego/,
    isBad: (value) => value !== 0,
    ...{ severity: 'warning', code: 'UNSAFE_RENEGOTIATION' },
    meaning: ({ name }) =>
      `${name} permits renegotiation without RFC 5746: others can put data in front of a connection.`,
  },
  {
    names: /^CertificateMappingMethods$/,
    // By subject and issuer, by issuer, and by user principal name.
    isBad: (value) => (value & 0x7) !== 0,
    ...{ severity: 'warning', code: 'WEAK_MAPPING' },
    meaning: ({ value }) =>
      `CertificateMappingMethods is 0x${(value ?? 0).toString(16)}: client certificates are mapped to accounts by names that others can have (KB5014754; the default is 0x18).`,
  },
];

/** What is to know about the other numbers. */
export const numberFindings = (policy: Policy): PolicyFinding[] => [
  ...policy.others.flatMap(ofValue),
  ...eventLogging(policy),
];

const ofValue = (other: OtherValue): PolicyFinding[] =>
  RULES.filter(
    ({ names, isBad }) => names.test(other.name) && other.value !== null && isBad(other.value, other.default),
  ).map(({ severity, code, meaning }) =>
    finding(severity, code, meaning(other), {
      cause: `HKLM\\${other.key}\\${other.name}`,
      command: deleteCommand(other.key, other.name),
    }),
  );

const eventLogging = ({ eventLogging: level }: Policy): PolicyFinding[] =>
  level === null || (level & 1) !== 0
    ? []
    : [
        finding(
          'note',
          'EVENTS_OFF',
          'Schannel logs no errors: the event log does not say why connections fail.',
          {
            cause: `HKLM\\${SCHANNEL_KEY}\\EventLogging`,
            command: setCommand('event-logging 1'),
          },
        ),
      ];
