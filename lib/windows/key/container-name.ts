import { randomUUID } from 'node:crypto';

/**
 * A unique name for a new key. Names from a file are never used: the key that is later deleted under such a name might
 * be another one.
 *
 * @param purpose a word for people who list the keys on a machine
 */
export const newContainerName = (purpose: string): string => `schannel-${purpose}-${randomUUID()}`;

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Whether {@link newContainerName} made the name, for this purpose. */
export const isContainerName = (purpose: string, name: string): boolean =>
  name.startsWith(`schannel-${purpose}-`) && UUID.test(name.slice(`schannel-${purpose}-`.length));
