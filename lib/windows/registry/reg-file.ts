import { REG, type RegistryValue } from './registry-value.js';

/** A file of the registry editor: what it sets and removes, in order. Keys are below HKEY_LOCAL_MACHINE. */
export type RegFileEntry =
  | {
      readonly kind: 'value';
      readonly path: string;
      readonly name: string;
      /** Null removes it. */
      readonly value: RegistryValue | null;
      /** What a comment says was written in its place: {@link writeRegFile}. */
      readonly written?: RegistryValue | null;
    }
  | { readonly kind: 'remove key'; readonly path: string };

const HEAD = 'Windows Registry Editor Version 5.00';
const ROOT = 'HKEY_LOCAL_MACHINE\\';
const WRITTEN = '; written: ';

/**
 * The bytes of a file that regedit.exe and reg.exe import: UTF-16 with a byte order mark. What takes the place of a
 * value is in a comment, which they ignore.
 */
export function writeRegFile(comments: readonly string[], entries: readonly RegFileEntry[]): Buffer {
  const lines = [HEAD, '', ...comments.map((text) => `; ${text.replace(/[\r\n]+/g, ' ')}`)];
  let open: string | null = null;
  for (const entry of entries) {
    if (entry.kind === 'remove key') {
      lines.push('', `[-${ROOT}${entry.path}]`);
      open = null;
      continue;
    }
    if (entry.path !== open) lines.push('', `[${ROOT}${entry.path}]`);
    open = entry.path;
    if (entry.written !== undefined) lines.push(WRITTEN + assignment(entry.name, entry.written));
    lines.push(assignment(entry.name, entry.value));
  }
  return Buffer.from(`\ufeff${lines.join('\r\n')}\r\n`, 'utf16le');
}

/**
 * Reads such a file. What it does not know is refused: a file that is understood in part would be applied in part.
 * @throws SyntaxError with the number of the line
 */
export function parseRegFile(bytes: Uint8Array): RegFileEntry[] {
  const text = Buffer.from(bytes)
    .toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8')
    .replace(/^\ufeff/, '');
  // Long data go on in the next line.
  const lines = text.replace(/\\\r?\n[ \t]*/g, '').split(/\r?\n/);
  if (lines[0]?.trim() !== HEAD) throw new SyntaxError(`The first line is not "${HEAD}"`);
  const entries: RegFileEntry[] = [];
  let path: string | null = null;
  let written: Assignment | null = null;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const wrong = (): SyntaxError => new SyntaxError(`Line ${index + 1} cannot be used`);
    if (index === 0 || line === '') continue;
    if (line.startsWith(WRITTEN)) {
      const next = parseAssignment(line.slice(WRITTEN.length));
      if (next === null || written !== null) throw wrong();
      written = next;
      continue;
    }
    if (line.startsWith(';')) continue;
    const [, minus, key] = /^\[(-?)HKEY_LOCAL_MACHINE\\(.+)\]$/i.exec(line) ?? [];
    if (key !== undefined) {
      if (written !== null) throw wrong();
      path = minus === '-' ? null : key;
      if (minus === '-') entries.push({ kind: 'remove key', path: key });
      continue;
    }
    const parsed = parseAssignment(line);
    if (path === null || parsed === null) throw wrong();
    if (written !== null && written.name !== parsed.name) throw wrong();
    entries.push({ kind: 'value', path, ...parsed, ...(written === null ? {} : { written: written.value }) });
    written = null;
  }
  if (written !== null) throw new SyntaxError('The last line cannot be used');
  return entries;
}

const assignment = (name: string, value: RegistryValue | null): string =>
  `${name === '' ? '@' : `"${name.replace(/[\\"]/g, '\\$&')}"`}=${value === null ? '-' : dataText(value)}`;

/** Only numbers have a short form here: texts of every kind are as exact in hexadecimal. */
function dataText({ type, data }: RegistryValue): string {
  if (type === REG.number && data.length === 4) {
    return `dword:${Buffer.from(data).readUInt32LE(0).toString(16).padStart(8, '0')}`;
  }
  const bytes = Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join(',');
  return `hex${type === REG.binary ? '' : `(${type.toString(16)})`}:${bytes}`;
}

interface Assignment {
  readonly name: string;
  readonly value: RegistryValue | null;
}

function parseAssignment(line: string): Assignment | null {
  const [, quoted, data] = /^(?:@|"((?:[^"\\]|\\["\\])*)")=(.*)$/.exec(line) ?? [];
  if (data === undefined) return null;
  const value = parseData(data.trim());
  return value === undefined ? null : { name: (quoted ?? '').replace(/\\(["\\])/g, '$1'), value };
}

function parseData(text: string): RegistryValue | null | undefined {
  if (text === '-') return null;
  const [, number] = /^dword:([0-9a-f]{1,8})$/i.exec(text) ?? [];
  if (number !== undefined) {
    const data = Buffer.alloc(4);
    data.writeUInt32LE(Number.parseInt(number, 16));
    return { type: REG.number, data };
  }
  const [, type, bytes] =
    /^hex(?:\(([0-9a-f]{1,8})\))?:((?:[0-9a-f]{2}(?:,[0-9a-f]{2})*)?)$/i.exec(text) ?? [];
  if (bytes !== undefined) {
    return {
      type: type === undefined ? REG.binary : Number.parseInt(type, 16),
      data: Buffer.from(bytes.replaceAll(',', ''), 'hex'),
    };
  }
  const [, quoted] = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text) ?? [];
  if (quoted === undefined) return undefined;
  return { type: REG.text, data: Buffer.from(`${quoted.replace(/\\(["\\])/g, '$1')}\0`, 'utf16le') };
}
