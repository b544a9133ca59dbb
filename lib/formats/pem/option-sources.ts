import { invalidType } from '../../base/errors/argument-error.js';
import { type Source } from './source.js';

/**
 * The sources in an option that takes one source or a list.
 *
 * @param name name of the option in errors, such as 'options.ca'
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is neither string nor bytes, in Node's words
 */
export const sourcesOf = (option: unknown, name: string): Source[] =>
  (Array.isArray(option) ? option : [option]).map((source: unknown) => sourceOf(source, name));

/** One of them. @throws as {@link sourcesOf} */
export function sourceOf(source: unknown, name: string): Source {
  if (typeof source === 'string') return source;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  throw notASource(source, name);
}

export const notASource = (source: unknown, name: string): Error =>
  invalidType(name, 'of type string or an instance of Buffer, TypedArray, or DataView', source);
