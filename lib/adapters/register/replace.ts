/** New values for properties of an object. */
export type Replacement = readonly [object: object, values: Readonly<Record<string, unknown>>];

/**
 * Replaces the values of existing properties.
 * @returns a function that restores them, except for properties that have been replaced again meanwhile
 */
export function replaceProperties(replacements: readonly Replacement[]): () => void {
  const undo = replacements.flatMap(([object, values]) =>
    Object.entries(values).map(([name, value]) => replaceProperty(object, name, value)),
  );
  return () => {
    for (const putBack of undo) putBack();
  };
}

function replaceProperty(object: object, name: string, value: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(object, name);
  if (!original) return () => undefined;
  const { enumerable = false } = original;
  Object.defineProperty(object, name, { value, enumerable, configurable: true, writable: true });
  return () => {
    if (Reflect.get(object, name) === value) Object.defineProperty(object, name, original);
  };
}
