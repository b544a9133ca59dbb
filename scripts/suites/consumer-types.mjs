import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';

/** Packages with the types of a Node each, and how the programs that have them are compiled. */
const CONSUMERS = [
  { types: '@types/node', type: 'commonjs', options: { module: 'node16' } },
  { types: 'types-node-22', type: 'module', options: { module: 'nodenext' } },
  {
    types: 'types-node-24',
    type: 'commonjs',
    options: { module: 'nodenext', exactOptionalPropertyTypes: true },
  },
  { types: 'types-node-26', type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
];

/** Optional peers whose types ours use. Those of mqtt can't be compiled without the types of browsers. */
const PEERS = ['@grpc/grpc-js', 'ioredis', 'undici'];

const PROGRAM = 'test/types/consumer.ts';

/** The files that decide whether the types fit. */
export const consumerFiles = [PROGRAM, 'scripts/suites/consumer-types.mjs'];

/**
 * Compiles a program that has the package from its archive, strictly and with all libraries checked, as TypeScript
 * does by default.
 * @param {string} archive what `npm pack` made
 * @param {string} folder where the programs are put
 */
export async function checkConsumers(archive, folder) {
  await mustRun('tar', ['-xzf', path.basename(archive)], { title: 'tar', cwd: folder });
  for (const { types, type, options } of CONSUMERS) {
    const consumer = path.join(folder, types.replace('/', '-'));
    install(types, path.join(folder, 'package'), path.join(consumer, 'node_modules'));
    cpSync(inRoot(PROGRAM), path.join(consumer, 'consumer.ts'));
    writeFileSync(path.join(consumer, 'package.json'), JSON.stringify({ type }));
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      // The packages are links to those of this repository, which has them beside other types of Node.
      preserveSymlinks: true,
      ...options,
    };
    writeFileSync(
      path.join(consumer, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
    );
    await mustRun(process.execPath, [inRoot('node_modules/typescript/bin/tsc'), '-p', consumer], {
      title: `tsc with ${types} ${versionOf(types)}`,
    });
  }
}

/** What `npm install` would put there. */
function install(types, extracted, modules) {
  const packages = new Map([
    ['schannel', extracted],
    ['@types/node', inRoot('node_modules', types)],
  ]);
  for (const name of dependenciesOf(inRoot('.'))) add(name);
  for (const name of PEERS) add(name);
  for (const name of dependenciesOf(inRoot('node_modules', types))) add(name);
  for (const [name, target] of packages) {
    const link = path.join(modules, name);
    mkdirSync(path.dirname(link), { recursive: true });
    // A link of this kind takes no privilege on Windows.
    symlinkSync(target, link, 'junction');
  }

  function add(name) {
    const target = inRoot('node_modules', name);
    if (packages.has(name) || !existsSync(target)) return;
    packages.set(name, target);
    for (const dependency of dependenciesOf(target)) add(dependency);
  }
}

const manifestOf = (folder) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
const dependenciesOf = (folder) => Object.keys(manifestOf(folder).dependencies ?? {});
const versionOf = (types) => manifestOf(inRoot('node_modules', types)).version;
