import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The inputs of a target that are kept: one a line, Base64, the shortest first. */
const fileOf = (root: string, name: string): string => path.join(root, 'test/fuzz/corpora', `${name}.txt`);

/** Characters of one file. It is cloned by everybody, and read by each run of the tests. */
const MOST = 50_000;

export function readCorpus(root: string, name: string): Buffer[] {
  const file = fileOf(root, name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'latin1').split('\n');
  return lines.filter((line) => line !== '').map((line) => Buffer.from(line.slice(1), 'base64'));
}

/** Keeps as many of them as there is room for. @returns how many */
export function writeCorpus(root: string, name: string, inputs: readonly Uint8Array[]): number {
  const texts = new Set(inputs.map((input) => `=${Buffer.from(input).toString('base64')}`));
  const sorted = [...texts].sort((one, other) => one.length - other.length || (one < other ? -1 : 1));
  let length = 0;
  const kept = sorted.filter((text) => (length += text.length + 1) <= MOST);
  writeFileSync(fileOf(root, name), kept.map((text) => `${text}\n`).join(''));
  return kept.length;
}
