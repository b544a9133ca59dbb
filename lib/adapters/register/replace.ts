/** Other values for properties of an object. */
export type Replacement = readonly [object: object, values: Readonly<Record<string, unknown>>];

/**
 * Puts other values into properties that are there.
 * @returns what puts the first ones back, but for properties that somebody else has replaced meanwhile
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
