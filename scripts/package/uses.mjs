import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCertificates } from '../demo/certificates.mjs';
import { OWN_ARCH, prebuildOf } from '../steps/native.mjs';
import { inRoot } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';

/** The program in each of the forms that JavaScript comes in, and what it prints. */
const PROGRAM = 'scripts/package/program';
const [COMMON_JS, ES_MODULE, TYPESCRIPT] = ['main.cjs', 'main.mjs', 'main.mts'];
const EXPECTED = /^TLSv1\.[23], function\nthe server said hello$/m;

/** How TypeScript finds the package; the JavaScript is the same. */
const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'esnext', moduleResolution: 'bundler' },
];
const INLINED = /schannel has no add-on for [^]*leave schannel out of the bundle/;

/**
 * What users do with an installed package. Each is a title and a function that returns why it failed, or null.
 * @param {object} place
 * @param {string} place.app a folder where the package is installed
 * @param {import('../support/windows.mjs').Windows} place.windows
 * @param {string} place.node the node.exe to run it with
 * @param {{ esbuild: object, webpack: Function, asar: object }} place.packers
 * @returns {[title: string, check: () => Promise<string | null>][]}
 */
export function usesOf({ app, windows, node, packers: { esbuild, webpack, asar } }) {
  const secrets = path.join(app, 'secrets.json');
  const prepared = prepare(app, secrets);
  const run = async (file, { program = node, expected = EXPECTED } = {}) => {
    await prepared;
    const output = await outputOf(windows, program, [file, secrets]);
    return expected.test(output) ? null : `it printed:\n${output}`;
  };
  const source = path.join(app, ES_MODULE);
  const [outside, inside] = ['outside', 'inside'].map((folder) => path.join(app, folder, 'deep', 'main.cjs'));

  return [
    ['CommonJS', () => run(path.join(app, COMMON_JS))],
    ['ES modules', () => run(source)],
    ...RESOLUTIONS.map((options) => [
      `TypeScript, moduleResolution ${options.moduleResolution}`,
      async () => {
        await prepared;
        const out = path.join(app, options.moduleResolution);
        await compile(app, out, options);
        return run(path.join(out, ES_MODULE));
      },
    ]),
    [
      'esbuild, with schannel outside of the bundle',
      async () => {
        await prepared;
        await esbuild.build({ ...asCommonJs(source, outside), external: ['schannel'] });
        return run(outside);
      },
    ],
    [
      'esbuild, with schannel inside: an error that says so',
      async () => {
        await prepared;
        await esbuild.build(asCommonJs(source, inside));
        return run(inside, { expected: INLINED });
      },
    ],
    [
      'webpack, with schannel outside of the bundle',
      async () => {
        await prepared;
        const folder = path.join(app, 'webpack');
        await bundleByWebpack(webpack, source, folder);
        return run(path.join(folder, 'main.cjs'));
      },
    ],
    [
      'an asar archive, with the add-on beside it',
      async () => {
        await prepared;
        return packIntoAsar(asar, app, run);
      },
    ],
    [
      'a host with another name than node.exe',
      async () => {
        await prepared;
        const host = path.join(app, 'host.exe');
        copyFileSync(node, host);
        return run(path.join(app, COMMON_JS), { program: host });
      },
    ],
  ];
}

async function prepare(app, secrets) {
  const { caPem, servers } = await makeCertificates();
  writeFileSync(secrets, JSON.stringify({ ...servers.trusted, ca: caPem }));
  for (const name of [COMMON_JS, ES_MODULE, TYPESCRIPT])
    copyFileSync(inRoot(PROGRAM, name), path.join(app, name));
}

async function outputOf(windows, program, args) {
  const child = windows.spawn(program, args);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}

async function compile(app, outDir, options) {
  const file = path.join(app, `tsconfig.${options.moduleResolution}.json`);
  const compilerOptions = {
    ...options,
    outDir,
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    strict: true,
    types: ['node'],
    typeRoots: [inRoot('node_modules/@types')],
  };
  writeFileSync(file, JSON.stringify({ compilerOptions, files: [TYPESCRIPT] }));
  await mustRun(process.execPath, [inRoot('node_modules/typescript/bin/tsc'), '-p', file], { title: 'tsc' });
}

const asCommonJs = (source, outfile) => ({
  entryPoints: [source],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  logLevel: 'silent',
  outfile,
});

function bundleByWebpack(webpack, entry, folder) {
  const settings = {
    mode: 'production',
    target: 'node20',
    entry,
    output: { path: folder, filename: 'main.cjs' },
    externalsType: 'commonjs',
    externals: [/^schannel(\/.+)?$/],
  };
  return new Promise((resolve, reject) => {
    webpack(settings, (error, stats) => {
      if (error) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })));
      else resolve();
    });
  });
}

/**
 * Electron reads JavaScript from the archive, and what can't be read from there, such as a DLL, from a folder of the
 * same name with `.unpacked`. Only Electron can do that, so this runs from an archive that is extracted again.
 */
async function packIntoAsar(asar, app, run) {
  const folder = path.join(app, 'packed');
  const source = path.join(folder, 'source');
  const archive = path.join(folder, 'app.asar');
  mkdirSync(source, { recursive: true });
  cpSync(path.join(app, 'node_modules'), path.join(source, 'node_modules'), { recursive: true });
  copyFileSync(path.join(app, COMMON_JS), path.join(source, COMMON_JS));
  await asar.createPackageWithOptions(source, archive, { unpack: '*.node' });
  const addon = path.join('node_modules', 'schannel', prebuildOf(OWN_ARCH));
  if (!existsSync(path.join(`${archive}.unpacked`, addon))) return 'the add-on is not beside the archive';
  if (!asar.listPackage(archive).some((file) => file.endsWith('schannel.node')))
    return 'the archive does not list the add-on';
  const extracted = path.join(folder, 'extracted');
  asar.extractAll(archive, extracted);
  return run(path.join(extracted, COMMON_JS));
}
