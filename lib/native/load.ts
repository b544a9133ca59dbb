import { join } from 'node:path';

import { SchannelError } from '../errors/schannel-error.js';
import type { Native } from './binding.js';

/** True on Windows. Everywhere else the package can be imported, and every call that needs Windows throws. */
export const isSupported: boolean = process.platform === 'win32';

let loaded: Native | undefined;

/**
 * The add-on, loaded on first use: the shipped prebuild, or a local build.
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

function load(): Native {
  const here = `${process.platform}-${process.arch}`;
  if (!isSupported) {
    throw new SchannelError('ERR_SCHANNEL_UNSUPPORTED_PLATFORM', `schannel needs Windows; this is ${here}`, {
      advice: 'Check isSupported before use, and fall back to node:tls.',
    });
  }
  try {
    // node-gyp-build has no types; the package root is where it looks for prebuilds/ and build/.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded here alone: it is not for other systems
    const gypBuild = require('node-gyp-build') as (root: string) => Native;
    return gypBuild(join(__dirname, '..', '..'));
  } catch (cause) {
    throw new SchannelError('ERR_SCHANNEL_UNSUPPORTED_PLATFORM', `schannel has no add-on for ${here}`, {
      advice:
        'Run "npx cmake-js compile" in the package\'s folder, with Visual Studio Build Tools installed.',
      cause,
    });
  }
}
