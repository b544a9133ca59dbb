import type { Json } from './check.js';

/** A value of the registry. */
export interface RegistryValue {
  /** The key relative to the queried one: 'Protocols\\TLS 1.2\\Client'; '' for the key itself. */
  readonly key: string;
  readonly name: string;
  readonly data: Json;
}

/**
 * Parses the output of `reg query <key> /s`: a line for each key, then its values, each with name, type and data
 * separated by four blanks. Types other than numbers and texts are left out, as is localized output.
 *
 * @param root the queried key, 'HKLM\\SYSTEM\\…'
 */
export function parseRegQuery(output: string, root: string): RegistryValue[] {
  const values: RegistryValue[] = [];
  const below = root.replace(/^HKLM\\/i, 'HKEY_LOCAL_MACHINE\\').toLowerCase();
  let key: string | null = null;
  for (const line of output.split(/\r?\n/)) {
    if (/^HKEY_/i.test(line)) {
      const path = line.trim();
      key = path.toLowerCase().startsWith(below) ? path.slice(below.length).replace(/^\\/, '') : null;
      continue;
    }
    const [, name, type, data] = /^ {4}(.+?) {4}(REG_\w+) {4}(.*)$/.exec(line) ?? [];
    if (key === null || name === undefined || type === undefined || data === undefined) continue;
    const parsed = dataOf(type, data);
    if (parsed !== null) values.push({ key, name, data: parsed });
  }
  return values;
}

function dataOf(type: string, data: string): Json {
  if (type === 'REG_DWORD' || type === 'REG_QWORD') return Number(data);
  if (type === 'REG_MULTI_SZ') return data.split('\\0').filter((part) => part !== '');
  return type === 'REG_SZ' || type === 'REG_EXPAND_SZ' ? data : null;
}
