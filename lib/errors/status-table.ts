/** The name of a Windows status, e.g. 'SEC_E_UNTRUSTED_ROOT'; '0x…' for one that is not in the table. */
export function statusName(status: number): string {
  return `0x${(status >>> 0).toString(16).padStart(8, '0')}`;
}
