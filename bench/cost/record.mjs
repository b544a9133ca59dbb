import { readFileSync, writeFileSync } from 'node:fs';
import { drawCosts, PAGE } from '../../scripts/draw-costs.mjs';
import { FIGURES } from './count.mjs';

/** Checks in what was counted, and draws it. @param {import('./count.mjs').Costs} costs */
export function record(costs) {
  const [node] = process.versions.node.split('.');
  write({ node, costs });
}

/** The same for instructions. @param {import('./instructions.mjs').Instructions} instructions */
export const recordInstructions = (instructions) => write({ instructions });

/** What is not given stays as it was. */
function write(given) {
  const figures = { ...JSON.parse(readFileSync(FIGURES, 'utf8')), ...given };
  writeFileSync(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
  writeFileSync(PAGE, drawCosts(readFileSync(PAGE, 'utf8'), figures));
}
