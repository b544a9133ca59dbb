import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RigError } from './error.mjs';
import { rigHome } from './location.mjs';
import { HOST_PACKAGES } from './recipe.mjs';

/** The Debian packages the rig needs and this machine lacks, for one `apt-get install`. */
export function missingPackages() {
  return HOST_PACKAGES.filter(
    ({ commands = [], files = [] }) => !commands.every(isCommand) || !files.every(existsSync),
  ).map(({ name }) => name);
}

/** Throws a `RigError` that says what is in the way of building on this machine, if anything is. */
export function checkHost({ platform = process.platform, arch = process.arch } = {}) {
  if (platform !== 'linux' || arch !== 'x64') {
    throw new RigError(
      `Wine for the Windows tests is only set up on Linux x64; this is ${platform} ${arch}.\n` +
        'On Windows the same commands use Windows itself.',
    );
  }
  for (const command of ['apt-get', 'dpkg-deb']) {
    if (isCommand(command)) continue;
    throw new RigError(
      `${command} was not found. Wine is set up from Debian's packages, so a Debian is needed;\n` +
        'on another distribution run the same command in a container of the image debian:stable.',
    );
  }
  const missing = missingPackages();
  if (missing.length > 0) {
    throw new RigError(`Packages are missing. Install them with\n  ${installCommand(missing)}`);
  }
}

/** The line a person would type. */
export const installCommand = (packages) =>
  `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;

/** Makes the directory that rigs are kept in. */
export function makeHome() {
  try {
    mkdirSync(rigHome(), { recursive: true });
  } catch (error) {
    throw new RigError(
      `${rigHome()} cannot be made (${error.code}). Name another directory in the environment variable SCHANNEL_RIG.`,
    );
  }
}

/** Throws a `RigError` if fewer than `bytes` are free where `directory` lies. */
export function checkDisk(directory, bytes) {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize >= bytes) return;
  throw new RigError(
    `Not enough disk space: ${gigabytes(bytes)} are needed in ${directory}, ${gigabytes(bavail * bsize)} are free.\n` +
      'Free some, or name another directory in the environment variable SCHANNEL_RIG.',
  );
}

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;

function isCommand(name) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
