import { newContainerName } from '../../windows/key/container-name.js';

const given = new Set<string>();

/** A name for a key, a store or the subject of a certificate that nobody else has. */
export function newName(): string {
  const name = newContainerName('doctor');
  given.add(name);
  return name;
}

/** Whether this process has given the name; another may be at work beside it. */
export const isOurs = (name: string): boolean => given.has(name);
