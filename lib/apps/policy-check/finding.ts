export type PolicyFindingCode =
  | 'NO_VERSION'
  | 'NO_COMMON_VERSION'
  | 'SSL_ON'
  | 'OLD_TLS_ON'
  | 'TLS12_OFF'
  | 'TLS13_OFF'
  | 'TLS13_EXPERIMENTAL'
  | 'BY_DEFAULT_OFF'
  | 'ONLY_ENABLED'
  | 'NOT_IN_EFFECT'
  | 'NO_SUITE'
  | 'NO_SUITE_FOR_VERSION'
  | 'SUITES_HIDDEN'
  | 'SUITES_TOO_LONG'
  | 'SUITES_UNKNOWN'
  | 'SUITES_WEAK'
  | 'HTTP2_ORDER'
  | 'NO_GROUP'
  | 'NO_GROUP_BEFORE_TLS13'
  | 'GROUPS_HIDDEN'
  | 'GROUPS_UNKNOWN'
  | 'FIPS_ON'
  | 'FIPS_PENDING'
  | 'FIPS_DIVIDED'
  | 'FIPS_GROUPS'
  | 'FIPS_SSL'
  | 'ROOT_NOT_SELF_SIGNED'
  | 'ISSUER_LIST_TOO_LONG'
  | 'TRUST_MODE_UNKNOWN'
  | 'STORE_UNREAD'
  | 'KEY_UNKNOWN'
  | 'VALUE_MISPLACED'
  | 'VALUE_TYPE'
  | 'LEGACY_SWITCH'
  | 'EVENTS_OFF'
  | 'RESUMPTION_OFF'
  | 'MESSAGE_LIMIT'
  | 'SHORT_KEYS'
  | 'UNSAFE_RENEGOTIATION'
  | 'WEAK_MAPPING'
  | 'WINHTTP_OLD'
  | 'WINHTTP_DIVIDED'
  | 'DOTNET_OLD';

/** 'error': connections fail. 'warning': it is unsafe, or likely not meant so. 'note': good to know. */
export type PolicySeverity = 'error' | 'warning' | 'note';

/** Something to know about the TLS settings of a machine. */
export interface PolicyFinding {
  readonly code: PolicyFindingCode;
  readonly severity: PolicySeverity;
  readonly meaning: string;
  /** Where it comes from: a value or key of the registry ('HKLM\\…'), or a store; null if it has no single place. */
  readonly cause: string | null;
  /** What to do; null if nothing is to do, or if `command` says all. */
  readonly remedy: string | null;
  /** A command that does it, for an administrator. */
  readonly command: string | null;
}

/** A finding; `more` has what else is known. */
export const finding = (
  severity: PolicySeverity,
  code: PolicyFindingCode,
  meaning: string,
  more: Partial<Pick<PolicyFinding, 'cause' | 'remedy' | 'command'>> = {},
): PolicyFinding => ({ code, severity, meaning, cause: null, remedy: null, command: null, ...more });

const SEVERITIES: readonly PolicySeverity[] = ['error', 'warning', 'note'];

export const bySeverity = (a: PolicyFinding, b: PolicyFinding): number =>
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);

/** Whether one is as severe as the other, or more. */
export const isAsSevere = (severity: PolicySeverity, least: PolicySeverity): boolean =>
  SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least);

/** `schannel policy set …` with a file that takes the change back. */
export const setCommand = (setting: string): string => `schannel policy set ${setting} --undo before.reg`;

export const deleteCommand = (key: string, name: string): string => `reg delete "HKLM\\${key}" /v ${name} /f`;

/** The first few of many names. */
export function someOf(names: readonly string[], most = 4): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
