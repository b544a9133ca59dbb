import { randomUUID } from 'node:crypto';

/**
 * A unique name for a new key. Names from a file are never used: the key that is later deleted under such a name might
 * be another one.
 *
 * @param purpose a word for people who list the keys on a machine
 */
export const newContainerName = (purpose: string): string => `schannel-${purpose}-${randomUUID()}`;

/** Whether {@link newContainerName} made the name, for any purpose. */
export const isOurContainer = (name: string): boolean => OURS.test(name);

const OURS = /^schannel-[a-z]+(?:-[a-z]+)*-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
