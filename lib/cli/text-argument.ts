import type { InputStream } from './terminal.js';
import { readInput } from './tls-options.js';

/**
 * The text of an option: as given, the content of a file ('@name'), or standard input ('-'). A text that starts with
 * an @ is written with two.
 * @returns undefined for an option that was not given
 */
export async function readText(
  value: string | undefined,
  option: string,
  stdin: InputStream,
): Promise<string | undefined> {
  if (value === '-') return Buffer.concat((await stdin.toArray()) as Buffer[]).toString('utf8');
  if (value?.startsWith('@@')) return value.slice(1);
  return value?.startsWith('@') ? readInput(value.slice(1), option).toString('utf8') : value;
}
