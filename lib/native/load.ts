import { join } from 'node:path';

import { SchannelError } from '../base/errors/schannel-error.js';
import { findAddon, isPackage } from './addon-path.js';
import type { Native } from './binding.js';

/** True on Windows. On other systems the package can be imported, but calls that need Windows throw. */
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
  const root = join(__dirname, '..', '..');
  const file = findAddon(root);
  if (file === null) {
    throw new SchannelError(
      'ERR_SCHANNEL_UNSUPPORTED_PLATFORM',
      `schannel has no add-on for ${here} in ${root}`,
      {
        advice: isPackage(root)
          ? 'Build it, with Visual Studio Build Tools installed: "npm install --save-dev node-addon-api cmake-js", then ' +
            '"npx cmake-js compile -d node_modules/schannel".'
          : 'This is not the folder of the package. If a bundler made this file, leave schannel out of the bundle ' +
            '("external"), and install it beside the file.',
      },
    );
  }
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the only way to load an add-on from CommonJS
    return require(file) as Native;
  } catch (cause) {
    throw new SchannelError('ERR_SCHANNEL_UNSUPPORTED_PLATFORM', `the add-on ${file} cannot be loaded`, {
      advice: 'Install the package again; the cause says what is wrong.',
      cause,
    });
  }
}
