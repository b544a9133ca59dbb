import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, inRoot } from './paths.mjs';

const NEVER = new Set(['node_modules', '.git', 'build', 'dist', 'dist-test', 'prebuilds', 'coverage']);

/**
 * Every file below the given files and folders of the repository, sorted, as paths with `/`.
 * @param {string[]} roots relative to the repository; what does not exist is left out
 * @param {RegExp} [pattern] which names count
 */
export function listFiles(roots, pattern = /./) {
  const found = [];
  const visit = (relative) => {
    const entry = inRoot(relative);
    if (!existsSync(entry)) return;
    if (!statSync(entry).isDirectory()) {
      if (pattern.test(relative)) found.push(relative.split(path.sep).join('/'));
      return;
    }
    for (const name of readdirSync(entry)) if (!NEVER.has(name)) visit(path.join(relative, name));
  };
  for (const root of roots) visit(root);
  return found.sort();
}

/** A hash of names and contents: the same after a fresh checkout, other than times. */
export function fingerprint(files, ...extra) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(ROOT, file)))
      .update('\0');
  return hash.update(JSON.stringify(extra)).digest('hex');
}

/** Whether the mark in `file` says that this very input has been dealt with. */
export const isMarked = (file, value) =>
  existsSync(inRoot(file)) && readFileSync(inRoot(file), 'utf8') === value;

/** Writes the mark; call it only after the work has succeeded. */
export function mark(file, value) {
  mkdirSync(path.dirname(inRoot(file)), { recursive: true });
  writeFileSync(inRoot(file), value);
}
