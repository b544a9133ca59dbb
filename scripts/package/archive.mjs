import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { machineOf } from './machine.mjs';

/** What the archive may have, by its path below `package/`. */
const EXPECTED = [
  /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^(?:binding\.gyp|CMakeLists\.txt|cmake\/\w[\w-]*\.cmake)$/,
  /^dist\/(?!test\/)[\w./-]+\.(?:js|d\.ts)$/,
  /^lib\/web\/settings\/page\/[\w-]+\.(?:js|css|html|svg)$/,
  /^native\/(?!test\/)[\w./-]+\.(?:cc|h|inc|rc)$/,
  /^prebuilds\/win32-(?:x64|arm64|ia32)\/schannel\.node$/,
];
const ESSENTIAL = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'binding.gyp', 'CMakeLists.txt'];

/** Licences that a program of any kind can take. */
const LICENCES = ['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', '(BSD-3-Clause OR GPL-2.0)'];

/**
 * What is wrong with the files of an extracted archive.
 * @param {{ path: string }[]} files
 * @param {string[]} processors whose add-on it must have
 * @param {(file: string) => Buffer} read
 * @returns {string[]}
 */
export function problemsOf(files, processors, read) {
  const paths = files.map((file) => file.path);
  const binaries = processors.map((processor) => [processor, `prebuilds/win32-${processor}/schannel.node`]);
  return [
    ...paths
      .filter((file) => !EXPECTED.some((pattern) => pattern.test(file)))
      .map((file) => `${file} does not belong into the package`),
    ...[...ESSENTIAL, ...binaries.map(([, file]) => file)]
      .filter((file) => !paths.includes(file))
      .map((file) => `${file} is missing`),
    ...binaries.flatMap(([processor, file]) => {
      if (!paths.includes(file)) return [];
      const machine = machineOf(read(file));
      return machine === processor ? [] : [`${file} is for ${machine ?? 'no processor of Windows'}`];
    }),
  ];
}

/**
 * Packages that come with this one, and their licences.
 * @param {string} folder where the package is installed
 * @returns {{ licences: string[], problems: string[] }}
 */
export function licencesBelow(folder) {
  const lock = JSON.parse(readFileSync(path.join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  const found = Object.entries(lock.packages).map(([place, { version, license }]) => ({
    name: `${place.replace(/^.*node_modules\//, '')} ${version}`,
    license: license ?? 'no licence',
  }));
  const counts = new Map();
  for (const { license } of found) counts.set(license, (counts.get(license) ?? 0) + 1);
  return {
    licences: [...counts].map(([license, count]) => `${count} × ${license}`).sort(),
    problems: found
      .filter(({ license }) => !LICENCES.includes(license))
      .map(({ name, license }) => `${name} has the licence ${license}`),
  };
}

/** Extracts an archive of npm: its files are in the folder `package`. */
export const extract = (archive, folder) =>
  execFileSync('tar', ['-xzf', path.basename(archive)], { cwd: folder });
