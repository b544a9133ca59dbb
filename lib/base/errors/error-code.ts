/** The code of an error; '' if it has none. Anything can be thrown. */
export function errorCode(thrown: unknown): string {
  const code: unknown =
    typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}
