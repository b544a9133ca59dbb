import net from 'node:net';
import type { Duplex } from 'node:stream';

/** Plaintext that is encrypted in one go: eight full records. */
export const PIECE = 8 * 16384;

/** Slabs that wait for use; more are left to the garbage collector. */
const KEPT_SLABS = 8;
const slabs: Buffer[] = [];

/** Memory for ciphertext on its way to a transport. */
export interface CiphertextMemory {
  /** At least `room` bytes. */
  take(room: number): Buffer;
  /** The transport has passed on what lay in it. */
  giveBack(memory: Buffer): void;
}

/** Reuses large pieces once the transport calls back: for sockets of the kernel, which has its own copy by then. */
const pooled: CiphertextMemory = {
  take(room) {
    if (room <= SMALL) return Buffer.allocUnsafe(room);
    const slab = slabs.pop();
    return slab && slab.length >= room ? slab : Buffer.allocUnsafeSlow(Math.max(room, PIECE + PIECE / 32));
  },
  giveBack(memory) {
    if (memory.length >= PIECE && slabs.length < KEPT_SLABS) slabs.push(memory);
  },
};

/** New memory every time: a stream of JavaScript may call back while the bytes still lie in a queue of the other side. */
const fresh: CiphertextMemory = {
  take: (room) => (room <= SMALL ? Buffer.allocUnsafe(room) : Buffer.allocUnsafeSlow(room)),
  giveBack: () => undefined,
};

/** Below it Node's own pool is the better one. */
const SMALL = 4096;

export function memoryFor(transport: Duplex): CiphertextMemory {
  // A subclass may keep what it was given (node:tls, a proxy's socket); the class itself hands it to libuv.
  return Object.getPrototypeOf(transport) === net.Socket.prototype ? pooled : fresh;
}
