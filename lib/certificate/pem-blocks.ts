import { invalidType } from '../errors/argument-error.js';

/** One element of an option that takes files: PEM (one block or several, with any text between them) or DER. */
export type BlockSource = string | Uint8Array;

/**
 * The blocks of all sources, in order, as bytes that may or may not be DER.
 *
 * @param option named in errors, 'options.ca'
 * @param labels of the PEM blocks that count, as in "BEGIN CERTIFICATE"; others are passed over
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is neither string nor bytes, in Node's words
 */
export function blocksOf(
  sources: BlockSource | readonly BlockSource[],
  option: string,
  labels: readonly string[],
): Buffer[] {
  const list = Array.isArray(sources) ? (sources as readonly unknown[]) : [sources];
  return list.flatMap((source) => blocksIn(source, option, labels));
}

function blocksIn(source: unknown, option: string, labels: readonly string[]): Buffer[] {
  if (typeof source === 'string') return pemBlocks(source, labels);
  if (!ArrayBuffer.isView(source))
    throw invalidType(option, 'of type string or an instance of Buffer, TypedArray, or DataView', source);
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  // A SEQUENCE with a length of two bytes or more; PEM is text and cannot start so.
  const isDer = bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80;
  return isDer ? [bytes] : pemBlocks(bytes.toString('latin1'), labels);
}

function pemBlocks(text: string, labels: readonly string[]): Buffer[] {
  const label = `(?:${labels.join('|')})`;
  const block = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g');
  return [...text.matchAll(block)].map(([, body]) => Buffer.from(body ?? '', 'base64'));
}
