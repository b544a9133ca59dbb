/**
 * Does the same for each of a list, so many at a time, and gives the results in the order of the list. After a failure
 * nothing more is begun, and what is under way is waited for.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await task(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: limit }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}
