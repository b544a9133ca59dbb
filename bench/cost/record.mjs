import { readFileSync, writeFileSync } from 'node:fs';
import { drawCosts, PAGE } from '../../scripts/draw-costs.mjs';
import { FIGURES } from './count.mjs';

/** Checks in what was counted, and draws it. @param {import('./count.mjs').Costs} costs */
export function record(costs) {
  const [node] = process.versions.node.split('.');
  writeFileSync(FIGURES, `${JSON.stringify({ node, costs }, null, 2)}\n`);
  writeFileSync(PAGE, drawCosts(readFileSync(PAGE, 'utf8'), costs));
}
