import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The system that an add-on is for. */
export interface AddonTarget {
  readonly platform: string;
  readonly arch: string;
}

/**
 * The file of the add-on in the package's folder: one that was built there, else the one that was published. Only the two
 * places are looked into, and nothing of the environment is asked: who sets a variable for one program must not choose
 * the native code of another.
 * @param root the package's folder
 * @returns null when there is none
 */
export function findAddon(root: string, { platform, arch }: AddonTarget = process): string | null {
  const places = [
    join(root, 'build', 'Release', 'schannel.node'),
    // The layout of prebuildify.
    join(root, 'prebuilds', `${platform}-${arch}`, 'schannel.node'),
  ];
  return places.find((path) => existsSync(path)) ?? null;
}
