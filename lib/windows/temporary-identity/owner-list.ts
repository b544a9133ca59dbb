import { isOwnerToken } from './owner.js';

/**
 * Who needs a certificate that we put into a store, as a property of its entry there. The list is how we know an entry
 * for ours; whatever else there may be under the property's number, it is not.
 */

/** From CERT_FIRST_USER_PROP_ID 0x8000 on, up to 0xBFFF, the numbers are everybody's (wincrypt.h). */
export const OWNERS_PROPERTY = 0x9c5a;

const HEADER = 'schannel-owners-1';

/** The property's value: lines of ASCII. */
export const writeOwners = (owners: readonly string[]): Buffer =>
  Buffer.from([HEADER, ...owners].join('\n'), 'latin1');

/** The owners, at least one; null for an entry that is not ours. */
export function readOwners(property: Uint8Array | null): readonly string[] | null {
  if (property === null) return null;
  const [header, ...owners] = Buffer.from(property).toString('latin1').split('\n');
  return header === HEADER && owners.length > 0 && owners.every(isOwnerToken) ? owners : null;
}
