#!/usr/bin/env node
/**
 * Draws bench/cost-figures.json into docs/cost.md.
 *
 *   node scripts/draw-costs.mjs            writes the page
 *   node scripts/draw-costs.mjs --check    says whether it is current, by exit code
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { FIGURES } from '../bench/cost/count.mjs';
import { drawInstructions } from '../bench/cost/instructions.mjs';
import { PATHS } from '../bench/cost/paths.mjs';
import { drawTables } from '../bench/cost/tables.mjs';
import { redraw } from './support/drawing.mjs';
import { runIfMain } from './support/check.mjs';
import { inRoot } from './support/paths.mjs';

export const PAGE = inRoot('docs/cost.md');

/** The page with its tables drawn again; the prose around them is kept. */
export const drawCosts = (page, { costs, instructions }) =>
  redraw(page, { ...drawTables(costs, PATHS), instructions: drawInstructions(instructions) });

const recorded = () => JSON.parse(readFileSync(FIGURES, 'utf8'));

/** @returns {string[]} what is wrong with the page, one sentence each */
export function check() {
  const figures = recorded();
  const missing = PATHS.filter(({ name }) => !(name in figures.costs)).map(
    ({ name }) =>
      `bench/cost-figures.json lacks the path "${name}": run npm run bench -- --only cost --write`,
  );
  if (missing.length > 0) return missing;
  const page = readFileSync(PAGE, 'utf8');
  return drawCosts(page, figures) === page
    ? []
    : ['docs/cost.md is not what bench/cost-figures.json says: run scripts/draw-costs.mjs'];
}

if (!process.argv.includes('--check') && process.argv[1] === import.meta.filename) {
  writeFileSync(PAGE, drawCosts(readFileSync(PAGE, 'utf8'), recorded()));
}
runIfMain(import.meta.url, check);
