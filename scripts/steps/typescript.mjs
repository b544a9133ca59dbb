import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fingerprint, isMarked, listFiles, mark } from '../support/fingerprint.mjs';
import { inRoot } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';

/** lib → dist. */
export const compileLibrary = () => compile('lib', 'dist', 'tsconfig.json', ['lib']);

/** test → dist-test; the tests see the library through its declarations, so those count as input too. */
export const compileTests = () => compile('test', 'dist-test', 'tsconfig.test.json', ['lib', 'test']);

// Even an incremental tsc takes two seconds to find that nothing has changed; a hash takes some milliseconds.
async function compile(source, target, config, inputs) {
  const settings = ['package-lock.json', 'package.json', 'tsconfig.base.json', config];
  const state = fingerprint([...settings, ...listFiles(inputs, /\.ts$/)]);
  const markFile = `${target}/.inputs`;
  if (isMarked(markFile, state)) return;
  removeOrphans(source, target);
  await mustRun(process.execPath, ['node_modules/typescript/bin/tsc', '-p', config], {
    title: `tsc -p ${config}`,
  });
  mark(markFile, state);
}

/** A test whose source is gone must not go on running from its old output. */
function removeOrphans(source, target) {
  if (!existsSync(inRoot(target))) return;
  for (const name of readdirSync(inRoot(target), { recursive: true })) {
    const file = path.join(target, name);
    const origin = path.join(source, name.replace(/(\.d)?\.(ts|js)(\.map)?$/, '.ts'));
    if (/\.(ts|js|map)$/.test(name) && statSync(inRoot(file)).isFile() && !existsSync(inRoot(origin))) {
      rmSync(inRoot(file));
    }
  }
}
