import { printable } from '../../../base/text/printable.js';
import type { ChainVerdict } from '../../../windows/request/chain-verdict.js';
import type { CompleteResult } from '../../../windows/request/complete-request.js';
import { formatRows } from '../../table.js';
import type { Style } from '../../terminal.js';
import { entryFacts } from '../cert/entry-facts.js';
import { formatPlacement, placementFacts } from '../cert/import-report.js';
import { pendingFacts } from './request-facts.js';

/** A completed request as the JSON output has it. */
export const completionFacts = (result: CompleteResult): object => ({
  ok: true,
  dryRun: false,
  certificate: entryFacts(result.certificate),
  request: result.request === null ? null : pendingFacts(result.request),
  placements: result.placements.map(placementFacts),
  verdict: result.verdict,
  differences: result.differences,
  missing: result.missing,
  renewed: result.renewed,
  error: null,
});

const STATES: Readonly<Record<ChainVerdict['state'], string>> = {
  trusted: 'trusted by this machine',
  'untrusted-root': 'its root is not trusted by this machine',
  incomplete: 'its chain is incomplete on this machine',
  refused: 'refused by this machine',
};

/** The same for a person. */
export function formatCompletion(result: CompleteResult, style: Style): string[] {
  const { verdict, differences, missing, placements, renewed } = result;
  const faults = verdict.state === 'refused' ? ` (${verdict.faults.join(', ')})` : '';
  const state = `${STATES[verdict.state]}${faults}`;
  return [
    ...placements.map((placement) => formatPlacement(placementFacts(placement), style)),
    verdict.state === 'trusted' ? style.good(state) : style.warn(state),
    ...differences.map(({ meaning }) => style.warn(`differs from the request: ${printable(meaning, 1000)}`)),
    ...missing.flatMap(({ meaning, remedy }) => [
      style.warn(printable(meaning, 1000)),
      ...formatRows([['advice', printable(remedy, 1000)]], style, '  '),
    ]),
    ...(renewed === null ? [] : [`${renewed} now names it as its successor`]),
  ];
}
