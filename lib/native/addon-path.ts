import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The system that an add-on is for. */
export interface AddonTarget {
  readonly platform: string;
  readonly arch: string;
}

/**
 * The add-on in the package's folder: the one that was built there, else the published one. Environment variables are
 * not read: a variable that is set for one program must not choose the native code of another.
 * @param root the package's folder
 * @returns null if there is none
 */
export function findAddon(root: string, { platform, arch }: AddonTarget = process): string | null {
  const places = [
    join(root, 'build', 'Release', 'schannel.node'),
    // The layout of prebuildify.
    join(root, 'prebuilds', `${platform}-${arch}`, 'schannel.node'),
  ];
  return places.find((path) => existsSync(path)) ?? null;
}

/** Whether a folder is this package: a bundler may have put the code anywhere else. */
export function isPackage(root: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return (
      typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'schannel'
    );
  } catch {
    return false;
  }
}
