import { errorFromNative } from '../../base/errors/from-status.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Finding, Json } from './check.js';

/** Codes for what a machine does not have, or an account may not do. */
const ABSENT: ReadonlySet<string> = new Set([
  'ERR_SCHANNEL_KEY_ACCESS_DENIED',
  'ERR_SCHANNEL_KEY_DIALOG',
  'ERR_SCHANNEL_KEY_UNSUPPORTED',
  'ERR_SCHANNEL_STORE_ACCESS_DENIED',
  'ERR_SCHANNEL_STORE_NOT_FOUND',
  'ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED',
  'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
]);

const NTE_NOT_SUPPORTED = 0x80090029;

/** The result of a failed check. @param vital the library does not work without it */
export function failureOf(error: unknown, vital: boolean): Finding {
  const text = error instanceof Error ? error.message : String(error);
  const data = errorData(error);
  if (vital) return { verdict: 'broken', text, data };
  const isAbsent =
    error instanceof SchannelError && (ABSENT.has(error.code) || error.status === NTE_NOT_SUPPORTED);
  return { verdict: isAbsent ? 'absent' : 'found', text, data };
}

/** An error for the report. */
export function errorData(thrown: unknown): Json {
  const error = errorFromNative(thrown, 'store');
  if (!(error instanceof Error)) return { error: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  const data: Record<string, Json> = { error: code ?? error.name };
  if (error instanceof SchannelError) {
    if (error.status !== undefined) data['status'] = error.status;
    if (error.statusName !== undefined) data['statusName'] = error.statusName;
    if (error.syscall !== undefined) data['syscall'] = error.syscall;
    if (error.alert !== undefined) data['alert'] = `${error.alert.direction} ${error.alert.name}`;
  }
  return data;
}
