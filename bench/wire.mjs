import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * One end of a connection in memory. Its other end can be removed, so that the timed part of a case measures only one
 * side of TLS.
 *
 * @typedef {Duplex & {
 *   receive: (chunk: Buffer) => void,
 *   demand: () => Promise<void>,
 * }} Wire
 *
 * `receive` gets the written bytes. They count as sent at once, and the writer may reuse them when it returns.
 * `demand()` resolves when the reader asks for more.
 */

/** The streams that a wire can consist of. */
export const wireKinds = {
  /** Any Duplex: TLS can't know what happens to the chunks that it writes. */
  duplex: () => new Duplex(),
  /**
   * A socket, as far as TLS can see, but without the kernel. It must report by itself that it is connected.
   */
  socket: () => {
    const socket = new Socket();
    process.nextTick(() => socket.emit('connect'));
    return socket;
  },
};

/**
 * Two ends that are connected to each other.
 *
 * @param {() => Duplex} kind of the first end, from {@link wireKinds}
 * @returns {[Wire, Wire]}
 */
export function createWires(kind) {
  const near = toWire(kind());
  const far = toWire(wireKinds.duplex());
  near.receive = (chunk) => void far.push(Buffer.from(chunk));
  far.receive = (chunk) => void near.push(Buffer.from(chunk));
  return [near, far];
}

/** @returns {Wire} */
function toWire(stream) {
  let wanted = () => undefined;
  return Object.assign(stream, {
    receive: () => undefined,
    demand() {
      return new Promise((resolve) => {
        wanted = resolve;
      });
    },
    _read() {
      wanted();
    },
    _write(chunk, _encoding, callback) {
      stream.receive(chunk);
      callback();
    },
    _writev(writes, callback) {
      for (const { chunk } of writes) stream.receive(chunk);
      callback();
    },
  });
}
