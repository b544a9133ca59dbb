#!/usr/bin/env node
/**
 * Draws the error codes of lib/base/errors/codes.ts, as compiled, into docs/errors.md.
 *
 *   node scripts/draw-errors.mjs            writes the page
 *   node scripts/draw-errors.mjs --check    says whether it is current, by exit code
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { redraw } from './support/drawing.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/errors.md';
const TABLE = 'dist/base/errors/codes.js';
const CODE = /\bERR_SCHANNEL_[A-Z0-9_]*[A-Z0-9]\b/g;

/** The sections of the page, by the codes that belong to each. */
const SECTIONS = {
  peer: /^ERR_SCHANNEL_PEER_(?!STARTTLS_|PROXY_|SIGN_IN)/,
  starttls: /^ERR_SCHANNEL_(?:PEER_)?STARTTLS_/,
  proxies: /^ERR_SCHANNEL_(?:PEER_)?(?:PROXY_|SIGN_IN)/,
  machine: /^ERR_SCHANNEL_(?:SYSTEM|UNSUPPORTED)_/,
  program: /^ERR_SCHANNEL_(?:OPTION|USAGE)_/,
  files: /^ERR_SCHANNEL_IMPORT_/,
  stores: /^ERR_SCHANNEL_STORE_/,
  keys: /^ERR_SCHANNEL_KEY_/,
  requests: /^ERR_SCHANNEL_REQUEST_/,
  authorities: /^ERR_SCHANNEL_CA_/,
  acme: /^ERR_SCHANNEL_(?:ACME|DNS)_/,
  services: /^ERR_SCHANNEL_SERVICE_/,
  policy: /^ERR_SCHANNEL_POLICY_/,
  bindings: /^ERR_SCHANNEL_BINDING_/,
  settings: /^ERR_SCHANNEL_(?:SECRET|SETTINGS)_/,
  enrolment: /^ERR_SCHANNEL_ENROL_/,
  tunnel: /^ERR_SCHANNEL_TUNNEL_/,
  probe: /^ERR_SCHANNEL_PROBE_/,
};

/** @returns {string[]} what is wrong with the page, one sentence each */
export function check() {
  if (!existsSync(inRoot(TABLE))) return [`${TABLE} is missing: run npm run build`];
  return compare(readFileSync(inRoot(PAGE), 'utf8'), codes());
}

const codes = () => createRequire(import.meta.url)(inRoot(TABLE)).SCHANNEL_ERROR_CODES;

/**
 * @param {string} page
 * @param {Record<string, { meaning: string, remedy: string }>} table
 * @returns {string[]}
 */
export function compare(page, table) {
  const drawn = drawErrors(page, table);
  const named = new Set(drawn.match(CODE));
  return [
    ...Object.keys(table)
      .filter((code) => !named.has(code))
      .map((code) => `${PAGE} has no section for ${code}: give its family one in scripts/draw-errors.mjs`),
    ...[...named]
      .filter((code) => !Object.hasOwn(table, code))
      .map((code) => `${PAGE} names ${code}, which lib/base/errors/codes.ts does not list`),
    ...(drawn === page
      ? []
      : [`${PAGE} is not what lib/base/errors/codes.ts says: run scripts/draw-errors.mjs`]),
  ];
}

/** The page with its rows drawn again; the prose around them is kept. */
export function drawErrors(page, table) {
  const sections = Object.entries(SECTIONS).map(([name, pattern]) => [
    name,
    rows(Object.entries(table).filter(([code]) => pattern.test(code))),
  ]);
  return redraw(page, Object.fromEntries(sections));
}

const rows = (entries) =>
  [
    '| Code | What happened | What to do |',
    '|---|---|---|',
    ...entries.map(([code, { meaning, remedy }]) => `| \`${code}\` | ${cell(meaning)} | ${cell(remedy)} |`),
  ].join('\n');

const cell = (text) => text.replaceAll('|', '\\|');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check')) {
    const page = readFileSync(inRoot(PAGE), 'utf8');
    writeFileSync(inRoot(PAGE), drawErrors(page, codes()));
  }
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
