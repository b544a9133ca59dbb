/** An error about an argument, with the code, class and message that Node uses. */
export function argumentError(
  code: string,
  message: string,
  Class: typeof Error | typeof TypeError | typeof RangeError = TypeError,
): Error {
  return Object.assign(new Class(message), { code });
}

/** ERR_INVALID_ARG_TYPE. A name with a dot is that of an option. */
export function invalidType(name: string, expected: string, value: unknown): Error {
  const kind = name.includes('.') ? 'property' : 'argument';
  return argumentError(
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" ${kind} must be ${expected}. Received ${described(value)}`,
  );
}

/** ERR_OUT_OF_RANGE. @param expected what the value must be: '>= 1', 'an integer from 1 to 10' */
export function outOfRange(name: string, expected: string, value: unknown): Error {
  return argumentError(
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${expected}. Received ${String(value)}`,
    RangeError,
  );
}

/** The value, if it is a number from `least` to `most`. @throws {@link invalidType}, {@link outOfRange} */
export function numberWithin(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (value >= least && value <= most) return value;
  throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}

/** As {@link numberWithin}, for integers. */
export function integerWithin(name: string, value: unknown, least: number, most: number): number {
  const number = numberWithin(name, value, least, most);
  if (Number.isInteger(number)) return number;
  throw outOfRange(name, `an integer from ${least} to ${most}`, value);
}

/** Longer values are shortened, as Node does. */
const LONGEST = 28;

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const { constructor } = value as { readonly constructor?: { readonly name?: string } };
    return `an instance of ${constructor?.name ?? 'Object'}`;
  }
  return `type ${typeof value} (${written(value)})`;
}

/** As it would be written in a program. */
function written(value: unknown): string {
  if (typeof value === 'string') return `'${cut(value)}'`;
  return cut(typeof value === 'bigint' ? `${String(value)}n` : String(value));
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text);
