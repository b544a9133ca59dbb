/** Reads JSON from a server: nothing in it has the type that it should have until it was looked at. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Null for anything else. */
export const objectOf = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;

/** '' for anything else. */
export function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}

/** Null for anything else. */
export function dateIn(object: JsonObject, name: string): Date | null {
  const moment = Date.parse(textIn(object, name));
  return Number.isNaN(moment) ? null : new Date(moment);
}

/** [] for anything else. */
export function arrayIn(object: JsonObject, name: string): readonly unknown[] {
  const value = object[name];
  return Array.isArray(value) ? value : [];
}

/** The strings in an array. */
export const textsIn = (object: JsonObject, name: string): readonly string[] =>
  arrayIn(object, name).filter((value): value is string => typeof value === 'string');
