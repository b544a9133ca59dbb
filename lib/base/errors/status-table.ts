import { CERTIFICATE_STATUSES } from './statuses/certificate.js';
import { KEY_STATUSES } from './statuses/key.js';
import { SMART_CARD_STATUSES } from './statuses/smart-card.js';
import { SSPI_STATUSES } from './statuses/sspi.js';
import type { StatusRow } from './statuses/status.js';
import { WIN32_STATUSES } from './statuses/win32.js';
import { WINHTTP_STATUSES } from './statuses/winhttp.js';

/** What is known about a Windows status. */
export interface StatusEntry {
  /** Unsigned number, e.g. 0x80090325. */
  readonly status: number;
  /** Symbolic name of the Windows headers, e.g. 'SEC_E_UNTRUSTED_ROOT'. */
  readonly name: string;
  /** In English. Windows' own text (FormatMessage) is localised, and sometimes misleading. */
  readonly meaning: string;
  /** What to do about it; null if that depends on the case. */
  readonly remedy: string | null;
}

const entryOf = ([status, name, meaning, remedy]: StatusRow): StatusEntry =>
  Object.freeze({ status, name, meaning, remedy: remedy ?? null });

/** Every status that the library knows, in ascending order within each family. */
export const STATUS_TABLE: readonly StatusEntry[] = Object.freeze(
  [
    ...SSPI_STATUSES,
    ...KEY_STATUSES,
    ...CERTIFICATE_STATUSES,
    ...SMART_CARD_STATUSES,
    ...WIN32_STATUSES,
    ...WINHTTP_STATUSES,
  ].map(entryOf),
);

const byNumber = new Map(STATUS_TABLE.map((entry) => [entry.status, entry]));
const byName = new Map(STATUS_TABLE.map((entry) => [entry.name, entry]));

/** HRESULT_FROM_WIN32 puts a Win32 error under this facility. */
const FACILITY_WIN32 = 0x8007;

/** A signed or unsigned status as the unsigned number that this library uses. */
export const unsignedStatus = (status: number): number => status >>> 0;

/** '0x80090325': the form in which Windows' documentation prints a status. */
export const formatStatus = (status: number): string =>
  `0x${unsignedStatus(status).toString(16).padStart(8, '0')}`;

/**
 * The entry of a signed or unsigned status; null if unknown. An HRESULT that wraps a Win32 error counts as that error.
 */
export function describeStatus(status: number): StatusEntry | null {
  const number = unsignedStatus(status);
  const exact = byNumber.get(number);
  if (exact !== undefined) return exact;
  return number >>> 16 === FACILITY_WIN32 ? (byNumber.get(number & 0xffff) ?? null) : null;
}

/** The name of a Windows status, e.g. 'SEC_E_UNTRUSTED_ROOT'; '0x…' for one that is not in the table. */
export function statusName(status: number): string {
  return describeStatus(status)?.name ?? formatStatus(status);
}

/** The entry for a name ('SEC_E_OK', in any case) or a number ('0x80090325', '-2146893019', '86'); null if unknown. */
export function findStatus(text: string): StatusEntry | null {
  const wanted = text.trim();
  const named = byName.get(wanted.toUpperCase());
  if (named !== undefined) return named;
  return /^(0x[0-9a-f]{1,8}|-?\d{1,10})$/i.test(wanted) ? describeStatus(Number(wanted)) : null;
}
