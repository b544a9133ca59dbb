import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';

const cost = path.join(__dirname, '..', '..', '..', 'bench', 'cost');

type Costs = Readonly<Record<string, Readonly<Record<string, number>>>>;

interface Recorded {
  /** The major version of Node. */
  readonly node: string;
  readonly costs: Costs;
}

interface Counting {
  readonly FIGURES: string;
  countCosts(): Promise<Costs>;
}

interface Comparing {
  compare(recorded: Costs, counted: Costs): string;
}

/** A module of the bench. */
const load = async (name: string): Promise<unknown> =>
  await import(pathToFileURL(path.join(cost, name)).href);

describe('the cost of each path', () => {
  it('is what bench/cost-figures.json says', async function () {
    if (!onDouble) skip(this, 'the double counts calls of SSPI');
    const { FIGURES, countCosts } = (await load('count.mjs')) as Counting;
    const { compare } = (await load('compare.mjs')) as Comparing;
    const { node, costs } = JSON.parse(readFileSync(FIGURES, 'utf8')) as Recorded;
    if (process.versions.node.split('.')[0] !== node) skip(this, `the figures are of Node ${node}`);
    const difference = compare(costs, await countCosts());
    if (difference !== '') assert.fail(`\n${difference}\n`);
  });
});
