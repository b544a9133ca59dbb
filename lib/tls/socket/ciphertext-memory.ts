import net from 'node:net';
import type { Duplex } from 'node:stream';

import { Arena } from '../engine/arena.js';
import { TakenSocket } from './taken-socket.js';

const RECORD = 16384;

/** A response of 256 KiB with its header goes out in one write, which is a call of the system each. */
const PIECE = 17 * RECORD;

/** Slabs that wait for use; more are left to the garbage collector. */
const KEPT_SLABS = 8;
const slabs: Buffer[] = [];

/** Memory for ciphertext on its way to a transport. */
export interface CiphertextMemory {
  /** Bytes of plaintext that are encrypted for one write of the transport. */
  readonly piece: number;
  /** Bytes of ciphertext that may be with the transport before more is made. */
  readonly inFlight: number;
  /** `room` bytes or more, valid until the next call. */
  take(room: number): Buffer;
  /** The part that was filled, to be written to the transport. */
  fill(memory: Buffer, length: number): Buffer;
  /** The transport has passed on what lay in it. */
  giveBack(memory: Buffer): void;
}

/** Reuses large pieces once the transport calls back: for sockets of the kernel, which has its own copy by then. */
const pooled: CiphertextMemory = {
  piece: PIECE,
  // One piece is made while the transport has another.
  inFlight: 2 * PIECE,
  take(room) {
    if (room <= SMALL) return Buffer.allocUnsafe(room);
    const slab = slabs.pop();
    return slab && slab.length >= room ? slab : Buffer.allocUnsafeSlow(Math.max(room, SLAB));
  },
  fill: (memory, length) => memory.subarray(0, length),
  giveBack(memory) {
    if (memory.length >= SLAB && slabs.length < KEPT_SLABS) slabs.push(memory);
  },
};

/**
 * New memory every time: a stream of JavaScript may call back while the bytes still lie in a queue of the other side.
 */
const arena = new Arena();
const fresh: CiphertextMemory = {
  // As much as an arena gives without a separate allocation.
  piece: 4 * RECORD,
  inFlight: 256 * 1024,
  take: (room) => arena.reserve(room),
  fill: (memory, length) => arena.keep(memory, length),
  giveBack: () => undefined,
};

/** Below it Node's own pool is the better one. */
const SMALL = 4096;

/** A full piece and what protecting it adds. */
const SLAB = PIECE + PIECE / 16;

export function memoryFor(transport: Duplex): CiphertextMemory {
  // A subclass may keep what it was given (node:tls, a proxy's socket); the class itself hands it to libuv, as does
  // ours.
  const isLibuvs =
    transport instanceof TakenSocket || Object.getPrototypeOf(transport) === net.Socket.prototype;
  return isLibuvs ? pooled : fresh;
}
