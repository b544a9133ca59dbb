import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/** A setting of an INF file. */
export interface InfSetting {
  /** As it is written. Compare it without case. */
  readonly key: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

/** The sections of an INF file, by their names in lower case. */
export type Inf = ReadonlyMap<string, readonly InfSetting[]>;

/** Bytes. INF files of requests have a few kilobytes. */
const MOST_BYTES = 64 << 10;

/**
 * Parses an INF file as certreq does ("certreq", Microsoft Learn): sections, settings, comments, quotes, `_continue_`,
 * and the texts of [Strings] between percent signs. It may be UTF-8, UTF-16 with a byte order mark, or ANSI.
 *
 * @throws SchannelError ERR_SCHANNEL_REQUEST_INF
 */
export function parseInf(source: string | Uint8Array): Inf {
  if (source.length > MOST_BYTES) throw infError(null, `The file has more than ${MOST_BYTES} bytes`);
  const text = typeof source === 'string' ? source : decode(source);
  const sections = new Map<string, InfSetting[]>();
  let current: InfSetting[] | null = null;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    const content = withoutComment(raw).trim();
    if (content === '') continue;
    const section = /^\[([^\]]+)\]$/.exec(content)?.[1];
    if (section !== undefined) {
      const name = section.trim().toLowerCase();
      current = sections.get(name) ?? [];
      sections.set(name, current);
      continue;
    }
    if (current === null) throw infError(line, 'A setting stands before the first section');
    addSetting(current, content, line);
  }
  return substituted(sections);
}

function addSetting(section: InfSetting[], content: string, line: number): void {
  const at = content.indexOf('=');
  if (at <= 0) throw infError(line, `'${printable(content, 40)}' is neither a section nor a setting`);
  const key = content.slice(0, at).trim();
  const value = unquoted(content.slice(at + 1).trim(), line);
  if (key.toLowerCase() !== '_continue_') {
    section.push({ key, value, line });
    return;
  }
  const before = section.pop();
  if (before === undefined) throw infError(line, '_continue_ continues nothing');
  section.push({ ...before, value: before.value + value });
}

/** Up to a semicolon outside of quotes. */
const withoutComment = (line: string): string => /^(?:[^;"]|"[^"]*(?:"|$))*/.exec(line)?.[0] ?? '';

/** Two quotes within quotes stand for one. */
function unquoted(value: string, line: number): string {
  if (!value.startsWith('"')) return value;
  const inner = /^"((?:[^"]|"")*)"$/.exec(value)?.[1];
  if (inner === undefined) throw infError(line, 'The quotes do not match');
  return inner.replaceAll('""', '"');
}

/** A text of [Strings] may not refer to another. Together, what replaces names is no longer than a file may be. */
function substituted(sections: ReadonlyMap<string, readonly InfSetting[]>): Inf {
  const strings = new Map(
    (sections.get('strings') ?? []).map(({ key, value }) => [key.toLowerCase(), value]),
  );
  let characters = 0;
  const replace = (text: string, line: number): string =>
    text.replace(/%([^%\s]*)%/g, (_, name: string) => {
      if (name === '') return '%';
      const found = strings.get(name.toLowerCase());
      if (found === undefined) throw infError(line, `%${printable(name, 40)}% is not in [Strings]`);
      characters += found.length;
      if (characters > MOST_BYTES)
        throw infError(line, `The texts of [Strings] are used for more than ${MOST_BYTES} characters`);
      return found;
    });
  return new Map(
    [...sections]
      .filter(([name]) => name !== 'strings')
      .map(([name, settings]) => [
        name,
        settings.map(({ key, value, line }) => ({
          key: replace(key, line),
          value: replace(value, line),
          line,
        })),
      ]),
  );
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** ERR_SCHANNEL_REQUEST_INF. @param line null if it concerns the whole file @param what a sentence without its end */
export const infError = (line: number | null, what: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_REQUEST_INF',
    line === null ? what : `${what} (line ${line} of the INF file)`,
    {
      advice: 'Correct the line, or leave it out.',
    },
  );
