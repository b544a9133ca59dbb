import { inspect } from 'node:util';
import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';

/** Checks of options, as Node checks its own. Missing options are not checked. */

/** @throws TypeError ERR_INVALID_ARG_VALUE */
export function checkOneOf(name: string, allowed: readonly unknown[], value: unknown): void {
  if (value === undefined || allowed.includes(value)) return;
  const list = allowed.map((one) => inspect(one)).join(', ');
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' must be one of: ${list}. Received ${inspect(value)}`,
  );
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function checkBoolean(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkName(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
  // Windows ends the name at a NUL.
  if (value !== '' && !value.includes('\0')) return;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${name}' must be a string that is not empty and has no NUL. Received ${inspect(value)}`,
  );
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function checkBytes(name: string, value: unknown): void {
  if (value instanceof Uint8Array) return;
  throw invalidType(name, 'an instance of Buffer or Uint8Array', value);
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE */
export function checkInteger(name: string, value: unknown, least: number, most: number): void {
  if (value !== undefined) integerWithin(name, value, least, most);
}
