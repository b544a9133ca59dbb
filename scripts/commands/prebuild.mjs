import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { mustSetUp } from '../steps/setup.mjs';
import { ADDON, PREBUILD } from '../steps/native.mjs';
import { inRoot } from '../support/paths.mjs';

/**
 * `npm run prebuild`: puts the add-on where lib/native/addon-path.ts looks in a published package. One binary serves
 * every Node and Electron, because the add-on keeps to Node-API.
 */
export default async function prebuild() {
  await mustSetUp({ native: true });
  mkdirSync(path.dirname(inRoot(PREBUILD)), { recursive: true });
  copyFileSync(inRoot(ADDON), inRoot(PREBUILD));
  console.log(`${PREBUILD} (${Math.round(statSync(inRoot(PREBUILD)).size / 1024)} KiB)`);
  return 0;
}
