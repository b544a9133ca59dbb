/** What a function was given in each call that is made of it meanwhile; it does what it always does. */
export function callsOf<Owner extends object>(
  owner: Owner,
  name: keyof Owner & string,
  run: () => void,
): unknown[][] {
  const calls = beginCalls(owner, name);
  try {
    run();
  } finally {
    calls.end();
  }
  return calls.made;
}

/** As {@link callsOf}, until `end` is called. */
export function beginCalls<Owner extends object>(
  owner: Owner,
  name: keyof Owner & string,
): { readonly made: unknown[][]; end(): void } {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') throw new TypeError(`${name} is no function`);
  const made: unknown[][] = [];
  Reflect.set(owner, name, function counted(this: unknown, ...args: unknown[]): unknown {
    made.push(args);
    return Reflect.apply(original, this, args) as unknown;
  });
  return { made, end: () => void Reflect.set(owner, name, original) };
}
