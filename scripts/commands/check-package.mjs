import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { extract, licencesBelow, problemsOf } from '../package/archive.mjs';
import { packers } from '../package/tools.mjs';
import { usesOf } from '../package/uses.mjs';
import { npm } from '../steps/modules.mjs';
import { mustSetUp } from '../steps/setup.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { Progress } from '../support/progress.mjs';
import { Refusal } from '../support/refusal.mjs';
import prebuild from './prebuild.mjs';

const USAGE = `usage: npm run check-package -- [options]

  --binaries LIST  processors whose add-on the package must have, separated by commas: x64, arm64, ia32.
                   Those in prebuilds/ are packed. Without it the add-on of this machine is built and packed
  --keep FOLDER    leaves the archive there, with a list of its parts (SBOM, CycloneDX) and SHA-256 sums
`;

/**
 * `npm run check-package`: packs what would be published, and uses it as people do: installed into an empty folder, by
 * ES modules, CommonJS and TypeScript, bundled, in an archive of Electron, and in a host that is not called node.exe.
 */
export default async function checkPackage(args) {
  const { binaries, keep } = parse(args);
  const [version] = NODE_VERSIONS;
  const progress = new Progress();
  const processors = binaries ?? [process.platform === 'win32' ? process.arch : 'x64'];
  if (binaries === undefined) await prebuild();
  const windows = await mustSetUp(
    { library: true, native: binaries === undefined, nodes: [version] },
    progress,
  );
  const folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-package-'));
  try {
    const archive = await pack(folder);
    const failures = showContents(archive, folder, processors);
    const app = path.join(folder, 'an app');
    mkdirSync(app);
    writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }));
    await progress.track('npm install in an empty folder', () =>
      npm(['install', '--no-audit', '--no-fund', '--prefer-offline', archive], { cwd: app }),
    );
    const { licences, problems } = licencesBelow(app);
    console.log(`licences: ${licences.join(', ')}`);
    failures.push(...problems);
    const tools = await progress.track('esbuild, webpack, asar', packers);
    for (const [title, use] of usesOf({ app, windows, node: windows.node(version), packers: tools })) {
      const problem = await use().catch((error) => error.message);
      console.log(`${problem === null ? 'works ' : 'FAILED'}  ${title}`);
      if (problem !== null) failures.push(`${title}: ${problem}`);
    }
    for (const failure of failures) console.error(failure);
    if (failures.length === 0 && keep !== undefined) await keepRelease(archive, folder, keep);
    console.log(
      failures.length === 0 ? 'The package is fit to be published.' : `${failures.length} problems`,
    );
    return failures.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await windows.close();
  }
}

async function pack(folder) {
  await npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  return path.join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
}

/** Prints what the archive has, and returns what is wrong with it. */
function showContents(archive, folder, processors) {
  extract(archive, folder);
  const root = path.join(folder, 'package');
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .map((file) => ({
      path: path.relative(root, file).replaceAll(path.sep, '/'),
      size: statSync(file).size,
    }));
  const kib = (bytes) => `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  const total = (list) => list.reduce((sum, { size }) => sum + size, 0);
  console.log(`${path.basename(archive)}: ${kib(statSync(archive).size)}, unpacked ${kib(total(files))}`);
  for (const part of new Set(files.map((file) => file.path.split('/')[0]))) {
    const inside = files.filter((file) => file.path.split('/')[0] === part);
    console.log(
      `  ${part.padEnd(16)} ${String(inside.length).padStart(5)} files ${kib(total(inside)).padStart(10)}`,
    );
  }
  return problemsOf(files, processors, (file) => readFileSync(path.join(root, file)));
}

async function keepRelease(archive, work, keep) {
  const folder = path.resolve(process.env.INIT_CWD ?? '.', keep);
  mkdirSync(folder, { recursive: true });
  copyFileSync(archive, path.join(folder, path.basename(archive)));
  writeFileSync(path.join(folder, 'schannel.cdx.json'), await partsOf(path.join(work, 'package'), work));
  const sums = readdirSync(folder)
    .filter((name) => name !== 'SHA256SUMS')
    .map((name) => {
      const digest = createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex');
      return `${digest}  ${name}\n`;
    });
  writeFileSync(path.join(folder, 'SHA256SUMS'), sums.join(''));
  console.log(`${folder}: ${readdirSync(folder).join(', ')}`);
}

/**
 * The list of what is installed with the package. `npm sbom --omit dev` leaves out what development needs as well, so
 * npm gets a package without such.
 */
async function partsOf(source, work) {
  const manifest = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
  delete manifest.devDependencies;
  // npm takes the component's name from the folder.
  const cwd = path.join(work, 'schannel');
  mkdirSync(cwd);
  writeFileSync(path.join(cwd, 'package.json'), JSON.stringify(manifest));
  await npm(['install', '--no-audit', '--no-fund', '--omit', 'peer', '--prefer-offline'], { cwd });
  const { stdout } = await npm(['sbom', '--sbom-format', 'cyclonedx'], { cwd });
  return stdout;
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { binaries: { type: 'string' }, keep: { type: 'string' } },
    });
    return { ...values, binaries: values.binaries?.split(',') };
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}
