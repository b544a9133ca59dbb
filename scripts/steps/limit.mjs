import { findProgram, isWindows } from '../support/paths.mjs';
import { buildTree } from './cmake.mjs';

/** The bench's program that only calls SSPI. Without a compiler on Windows, the bench runs without it and says so. */
export async function buildLimit(report) {
  if (isWindows && findProgram('cmake') === null) return;
  await buildTree({ source: 'bench/raw', tree: 'build/bench', title: 'the build of bench/raw' }, report);
}
