/**
 * Sets up the suite that calls it: what its hooks and tests have begun is undone at its end, the last of it first.
 * Where a first hook skips the suite, nothing was begun.
 * @returns a function for hooks and tests: what they give it is called at the end
 */
export function undoneAfter(): (undo: () => unknown) => void {
  const all: (() => unknown)[] = [];
  after(async () => {
    for (const undo of all.reverse()) await undo();
  });
  return (undo) => void all.push(undo);
}
