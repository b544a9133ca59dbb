#!/usr/bin/env node
/**
 * Draws the stages of a connection and the engine's phases into docs/state-machine.md, from the tables in
 * lib/tls/socket/stage.ts and lib/tls/engine/phase.ts, as compiled.
 *
 *   node scripts/draw-state-machine.mjs            writes the drawings
 *   node scripts/draw-state-machine.mjs --check    says whether they are current, by exit code
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { redraw } from './support/drawing.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = inRoot('docs', 'state-machine.md');

/** The page with new drawings; the text around them is kept. */
export function drawStateMachine(page, { STAGE_FOLLOWING, FOLLOWING, PERMITTED }) {
  return redraw(page, {
    stages: diagram(STAGE_FOLLOWING),
    phases: diagram(FOLLOWING),
    events: table(PERMITTED),
  });
}

function diagram(following) {
  const arrows = Object.entries(following).flatMap(([phase, next]) =>
    next.map((name) => `  ${phase} --> ${name === 'closed' ? '[*]' : name}`),
  );
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> idle', ...arrows, '```'].join('\n');
}

function table(permitted) {
  const phases = Object.keys(permitted);
  const events = [...new Set(Object.values(permitted).flat())];
  const row = (first, cells) => `| ${[first, ...cells].join(' | ')} |`;
  return [
    row(
      'phase',
      events.map((event) => `\`${event}\``),
    ),
    row(
      '---',
      events.map(() => ':---:'),
    ),
    ...phases.map((phase) =>
      row(
        `\`${phase}\``,
        events.map((event) => (permitted[phase].includes(event) ? '●' : '')),
      ),
    ),
  ].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const require = createRequire(import.meta.url);
  const tables = {
    ...require(inRoot('dist', 'tls', 'engine', 'phase.js')),
    ...require(inRoot('dist', 'tls', 'socket', 'stage.js')),
  };
  const page = readFileSync(PAGE, 'utf8');
  const drawn = drawStateMachine(page, tables);
  if (!process.argv.includes('--check')) writeFileSync(PAGE, drawn);
  else if (drawn !== page) {
    console.error(
      'docs/state-machine.md is not what phase.ts and stage.ts say: run scripts/draw-state-machine.mjs',
    );
    process.exitCode = 1;
  }
}
