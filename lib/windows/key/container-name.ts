import { randomUUID } from 'node:crypto';

/**
 * A name for a new key that nobody else has. Never one from a file: what is deleted under such a name may be the key of
 * somebody else.
 *
 * @param purpose a word for people who list the keys of a machine
 */
export const newContainerName = (purpose: string): string => `schannel-${purpose}-${randomUUID()}`;
