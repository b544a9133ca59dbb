import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { npm } from '../steps/modules.mjs';
import { inRoot } from '../support/paths.mjs';

/** What others pack programs with. Later versions of asar need a later Node than this repository does. */
const TOOLS = { esbuild: '0.28.2', webpack: '5.113.0', '@electron/asar': '3.4.1' };
const FOLDER = 'build/package-tools';

/** Installs them beside the repository's own packages, since only this check uses them. */
export async function packers(report) {
  const wanted = JSON.stringify({ private: true, dependencies: TOOLS }, null, 2);
  // It is written when all of them are there.
  const markFile = inRoot(FOLDER, '.installed');
  if (!existsSync(markFile) || readFileSync(markFile, 'utf8') !== wanted) {
    report('npm install');
    rmSync(inRoot(FOLDER), { recursive: true, force: true });
    mkdirSync(inRoot(FOLDER), { recursive: true });
    writeFileSync(inRoot(FOLDER, 'package.json'), wanted);
    await npm(['install', '--no-audit', '--no-fund', '--silent'], { cwd: inRoot(FOLDER) });
    writeFileSync(markFile, wanted);
  }
  const load = createRequire(inRoot(FOLDER, 'package.json'));
  return { esbuild: load('esbuild'), webpack: load('webpack'), asar: load('@electron/asar') };
}
