/**
 * @typedef {{ median: number, min: number, max: number }} Spread
 */

/**
 * @param {readonly number[]} samples at least one
 * @returns {Spread}
 */
export function spread(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/**
 * Divides each round before taking the median: whatever slowed a round down affects both sides of its ratio.
 *
 * @param {readonly number[]} samples
 * @param {readonly number[]} baseline as many samples
 * @returns {Spread}
 */
export function ratio(samples, baseline) {
  return spread(samples.map((sample, round) => sample / baseline[round]));
}
