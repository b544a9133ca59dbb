/**
 * Parameters that only newer builds have, and that other programs set. This library shows that they are there, and sees
 * to it that a change keeps them.
 */
export type ExtendedParameter =
  | 'HTTP2_WINDOW'
  | 'HTTP2_SETTINGS_LIMITS'
  | 'HTTP_PERFORMANCE'
  | 'TLS_RESTRICTIONS'
  | 'ERROR_HEADERS'
  | 'TLS_SESSION_TICKET_KEYS'
  | 'CERT_CONFIG';

/** HTTP_SSL_SERVICE_CONFIG_EX_PARAM_TYPE, from 0 on. */
const NAMES: readonly ExtendedParameter[] = [
  'HTTP2_WINDOW',
  'HTTP2_SETTINGS_LIMITS',
  'HTTP_PERFORMANCE',
  'TLS_RESTRICTIONS',
  'ERROR_HEADERS',
  'TLS_SESSION_TICKET_KEYS',
  'CERT_CONFIG',
];

export const extendedNames = (kinds: readonly number[]): ExtendedParameter[] =>
  kinds.flatMap((kind) => NAMES[kind] ?? []);
