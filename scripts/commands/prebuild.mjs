import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { problemsOf, readImage } from '../package/image.mjs';
import { OWN_ARCH, addonOf, prebuildOf } from '../steps/native.mjs';
import { mustSetUp } from '../steps/setup.mjs';
import { inRoot } from '../support/paths.mjs';
import { Refusal, StepFailure } from '../support/refusal.mjs';

const PROCESSORS = ['x64', 'arm64', 'ia32'];

const USAGE = `usage: npm run prebuild -- [--arch ${PROCESSORS.join(' | ')}]

  --arch NAME  the processor; by default ${OWN_ARCH}`;

/**
 * `npm run prebuild`: puts the add-on where lib/native/addon-path.ts looks in a published package. One binary serves
 * every Node and Electron, because the add-on keeps to Node-API.
 */
export default async function prebuild(args = []) {
  const arch = parse(args);
  await mustSetUp({ native: true, arch });
  const [from, to] = [addonOf(arch), prebuildOf(arch)];
  const binary = readFileSync(inRoot(from));
  const problems = problemsOf(readImage(binary), arch);
  if (problems.length > 0) throw new StepFailure([`${from}:`, ...problems].join('\n'));
  mkdirSync(path.dirname(inRoot(to)), { recursive: true });
  copyFileSync(inRoot(from), inRoot(to));
  console.log(`${to} (${Math.round(binary.length / 1024)} KiB)`);
  return 0;
}

function parse(args) {
  try {
    const { arch } = parseArgs({ args, options: { arch: { type: 'string', default: OWN_ARCH } } }).values;
    if (!PROCESSORS.includes(arch)) throw new Error(`There is no processor ${arch}.`);
    return arch;
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}
