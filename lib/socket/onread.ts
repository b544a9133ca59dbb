import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The `onread` option of net.Socket for plaintext: fills the caller's buffer and calls back, once for each fill.
 * A callback that returns false pauses the socket; what is left of this plaintext comes with the next delivery.
 */
export function deliverTo(socket: Duplex, onread: OnReadOpts): (plaintext: Uint8Array) => boolean {
  let waiting: Uint8Array = new Uint8Array(0);
  const drain = (): boolean => {
    while (waiting.length > 0 && !socket.destroyed) {
      const target = typeof onread.buffer === 'function' ? onread.buffer() : onread.buffer;
      const count = Math.min(waiting.length, target.length);
      target.set(waiting.subarray(0, count));
      waiting = waiting.subarray(count);
      if (!onread.callback(count, target)) {
        socket.pause();
        return false;
      }
    }
    return true;
  };
  socket.on('resume', drain);
  return (plaintext) => {
    waiting = waiting.length === 0 ? plaintext : Buffer.concat([waiting, plaintext]);
    return drain();
  };
}
