import { isOwnerToken } from '../key-journal/owner.js';

/**
 * The owners of a certificate that we put into a store, kept as a property of its entry. An entry is ours if this list
 * can be read; any other value of the property means that it is not.
 */

const HEADER = 'schannel-owners-1';

/** The value of the property: lines of ASCII. */
export const writeOwners = (owners: readonly string[]): Buffer =>
  Buffer.from([HEADER, ...owners].join('\n'), 'latin1');

/** The owners, at least one; null for an entry that is not ours. */
export function readOwners(property: Uint8Array | null): readonly string[] | null {
  if (property === null) return null;
  const [header, ...owners] = Buffer.from(property).toString('latin1').split('\n');
  return header === HEADER && owners.length > 0 && owners.every(isOwnerToken) ? owners : null;
}
