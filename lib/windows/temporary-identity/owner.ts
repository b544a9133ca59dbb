import { randomBytes } from 'node:crypto';
import type { NativeMark, NativeProcesses } from '../../native/process-binding.js';
import { namespaceOf } from './namespace.js';

/**
 * Whose a temporary key or a published certificate is. An owner is a random token with a mark of its name in the kernel,
 * which goes with the process, even one that is killed: then everybody can tell that the owner is gone. Each thread
 * with a JavaScript of its own is an owner by itself.
 */

/** A letter for where the mark is, then 128 random bits. */
const TOKEN = '[gl][0-9a-f]{32}';
const WHOLE_TOKEN = new RegExp(`^${TOKEN}$`);

const NAMESPACES: Readonly<Record<string, string>> = { g: 'Global', l: 'Local' };

const markName = (token: string): string => `${NAMESPACES[token.charAt(0)] ?? ''}\\schannel-${token}`;

export const isOwnerToken = (text: string): boolean => WHOLE_TOKEN.test(text);

/** False once the owner's process, or thread, has ended or given up all it owned. */
export const isOwnerAlive = (native: Pick<NativeProcesses, 'isMarked'>, token: string): boolean =>
  native.isMarked(markName(token));

/** A name for a key of this owner that no other key has. */
export const temporaryContainer = (token: string, id: string): string => `schannel-tls-${token}-${id}`;

const CONTAINER = new RegExp(`^schannel-tls-(${TOKEN})-`);

/** Whose temporary key this is; null for any other name. */
export const ownerOfContainer = (name: string): string | null => CONTAINER.exec(name)?.[1] ?? null;

interface Marked {
  readonly token: string;
  readonly mark: NativeMark;
}

/** This thread as an owner: alive as long as it holds anything, and somebody else the next time. */
export class Owner {
  readonly #native: Pick<NativeProcesses, 'createMark' | 'isAppContainer'>;
  #marked: Marked | null = null;
  #holds = 0;

  constructor(native: Pick<NativeProcesses, 'createMark' | 'isAppContainer'>) {
    this.#native = native;
  }

  /** The token, for one thing more, before that thing is made. @throws NativeFailure */
  hold(): string {
    this.#marked ??= this.#mark();
    this.#holds += 1;
    return this.#marked.token;
  }

  /** After that thing is gone; or could not be removed, and is the sweep's when the owner is dead. */
  release(): void {
    this.#holds -= 1;
    if (this.#holds > 0) return;
    this.#marked?.mark.close();
    this.#marked = null;
  }

  #mark(): Marked {
    const letter = namespaceOf(this.#native) === 'Global' ? 'g' : 'l';
    const token = `${letter}${randomBytes(16).toString('hex')}`;
    return { token, mark: this.#native.createMark(markName(token)) };
  }
}
