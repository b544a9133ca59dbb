/**
 * Does a piece of work for each item, some at a time, begun in their order.
 * @template T
 * @param {readonly T[]} items
 * @param {number} atATime
 * @param {(item: T) => Promise<void>} work
 */
export async function sideBySide(items, atATime, work) {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
