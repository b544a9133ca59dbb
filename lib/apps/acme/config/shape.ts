import { objectOf } from '../http/json.js';

/**
 * Looks at a value from a file.
 *
 * @returns what is wrong with it, and where: 'certificates[0].names must be …'; null for nothing
 */
export type Shape = (value: unknown, at: string) => string | null;

const must =
  (isRight: (value: unknown) => boolean, be: string): Shape =>
  (value, at) =>
    isRight(value) ? null : `${at} must be ${be}`;

export const text = must((value) => typeof value === 'string' && value !== '', 'text');
export const flag = must((value) => typeof value === 'boolean', 'true or false');
export const number = must((value) => Number.isSafeInteger(value), 'a whole number');

export const oneOf = (...values: readonly string[]): Shape =>
  must((value) => values.some((each) => each === value), `one of ${values.join(', ')}`);

export const listOf =
  (item: Shape): Shape =>
  (value, at) =>
    Array.isArray(value)
      ? (value.map((each, index) => item(each, `${at}[${index}]`)).find((fault) => fault !== null) ?? null)
      : `${at} must be a list`;

/** One, or a list. */
export const oneOrMore =
  (item: Shape): Shape =>
  (value, at) =>
    Array.isArray(value) ? listOf(item)(value, at) : item(value, at);

/** @param optional members that need not be there. Others than the given ones are wrong: they may be mistyped */
export const object =
  (needed: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape =>
  (value, at) => {
    const members = objectOf(value);
    if (members === null) return `${at} must be an object`;
    const prefix = at === '' ? '' : `${at}.`;
    for (const name of Object.keys(needed)) {
      if (!Object.hasOwn(members, name)) return `${prefix}${name} is missing`;
    }
    for (const [name, member] of Object.entries(members)) {
      const shape = shapeOf(needed, name) ?? shapeOf(optional, name);
      if (shape === null) return `${prefix}${name} is not known`;
      const fault = shape(member, prefix + name);
      if (fault !== null) return fault;
    }
    return null;
  };

const shapeOf = (shapes: Readonly<Record<string, Shape>>, name: string): Shape | null =>
  Object.hasOwn(shapes, name) ? (shapes[name] ?? null) : null;

/** An object of one of several kinds, which a member names. */
export const kinds =
  (member: string, shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    const kind = objectOf(value)?.[member];
    const shape = typeof kind === 'string' ? shapeOf(shapes, kind) : null;
    if (shape !== null) return shape(value, at);
    return `${at}.${member} must be one of ${Object.keys(shapes).join(', ')}`;
  };
