import { isContainerName, newContainerName } from '../../windows/key/container-name.js';

const PURPOSE = 'doctor';

const given = new Set<string>();

/** A unique name for a key, a store or the subject of a certificate. */
export function newName(): string {
  const name = newContainerName(PURPOSE);
  given.add(name);
  return name;
}

/** Whether this process chose the name. Another process may run at the same time. */
export const isOurs = (name: string): boolean => given.has(name);

/** Whether any run chose the name. */
export const isOfDoctor = (name: string): boolean => isContainerName(PURPOSE, name);
