/**
 * The live tests that ran on Wine, on the double or on both, in words; null unless there was a run on each. A test that
 * was skipped did not run.
 * @param {{ platform?: 'Wine' | 'the double', ran: ReadonlySet<string> }[]} runs `platform` is missing where a run covers
 *   only a part of the tests
 */
export function comparePlatforms(runs) {
  const on = (name) => runs.filter(({ platform }) => platform === name).flatMap(({ ran }) => [...ran]);
  const [wine, double] = [new Set(on('Wine')), new Set(on('the double'))];
  if (wine.size === 0 || double.size === 0) return null;
  const both = [...wine].filter((test) => double.has(test)).length;
  return (
    `live tests: ${both} on Wine and on the double, ` +
    `${wine.size - both} only on Wine, ${double.size - both} only on the double`
  );
}
