import { randomBytes } from 'node:crypto';
import type { NativeLivenessMarker, NativeProcesses } from '../../native/process-binding.js';
import { namespaceOf } from '../../native/namespace.js';

/**
 * Who owns a temporary key or a published certificate. An owner is a random token and a kernel object of that name, its
 * liveness marker. Windows destroys the marker when the process ends, even if it is killed, so any process can see that
 * the owner is gone. Each thread that runs JavaScript is an owner.
 */

/** A letter for the namespace of the marker, then 128 random bits. */
const TOKEN = '[gl][0-9a-f]{32}';
const WHOLE_TOKEN = new RegExp(`^${TOKEN}$`);

const NAMESPACES: Readonly<Record<string, string>> = { g: 'Global', l: 'Local' };

const markerName = (token: string): string => `${NAMESPACES[token.charAt(0)] ?? ''}\\schannel-${token}`;

export const isOwnerToken = (text: string): boolean => WHOLE_TOKEN.test(text);

/** False once the owner's process or thread has ended, or owns nothing any more. */
export const isOwnerAlive = (native: Pick<NativeProcesses, 'isAlive'>, token: string): boolean =>
  native.isAlive(markerName(token));

/** A unique name for a key of this owner. */
export const temporaryContainer = (token: string, id: string): string => `schannel-tls-${token}-${id}`;

const CONTAINER = new RegExp(`^schannel-tls-(${TOKEN})-`);

/** The owner of a temporary key by its name; null for any other name. */
export const ownerOfContainer = (name: string): string | null => CONTAINER.exec(name)?.[1] ?? null;

interface LivingOwner {
  readonly token: string;
  readonly marker: NativeLivenessMarker;
}

/** This thread as an owner. It is alive as long as it holds anything, and has a new token the next time. */
export class Owner {
  readonly #native: Pick<NativeProcesses, 'createLivenessMarker' | 'isAppContainer'>;
  #living: LivingOwner | null = null;
  #holds = 0;

  constructor(native: Pick<NativeProcesses, 'createLivenessMarker' | 'isAppContainer'>) {
    this.#native = native;
  }

  /** The token for one more thing. Call it before that thing is made. @throws NativeFailure */
  hold(): string {
    this.#living ??= this.#begin();
    this.#holds += 1;
    return this.#living.token;
  }

  /** Call it after that thing is removed. If it could not be removed, a sweep does so once the owner is dead. */
  release(): void {
    this.#holds -= 1;
    if (this.#holds > 0) return;
    this.#living?.marker.close();
    this.#living = null;
  }

  #begin(): LivingOwner {
    const letter = namespaceOf(this.#native) === 'Global' ? 'g' : 'l';
    const token = `${letter}${randomBytes(16).toString('hex')}`;
    return { token, marker: this.#native.createLivenessMarker(markerName(token)) };
  }
}
