/** An error about an argument with the code, class and message that Node itself uses for it. */
export function argumentError(
  code: string,
  message: string,
  Class: typeof TypeError | typeof RangeError = TypeError,
): Error {
  return Object.assign(new Class(message), { code });
}

/** ERR_INVALID_ARG_TYPE for an option. */
export function invalidType(name: string, expected: string, value: unknown): Error {
  const received = value === null || value === undefined ? String(value) : `type ${typeof value}`;
  return argumentError(
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" property must be ${expected}. Received ${received}`,
  );
}
