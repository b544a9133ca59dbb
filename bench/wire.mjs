import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * One end of a connection in memory, whose other end can be taken away: the timed part of a case then runs against
 * nothing at all, and what is measured is one side of TLS alone.
 *
 * @typedef {Duplex & {
 *   receive: (chunk: Buffer) => void,
 *   demand: () => Promise<void>,
 * }} Wire
 *
 * `receive` is where written bytes go; they count as sent at once and may be reused by the writer when it returns.
 * `demand()` resolves when the reader asks for more.
 */

/** The streams a wire can be made of. */
export const wireKinds = {
  /** Any Duplex: TLS can't know what becomes of the chunks that it writes. */
  duplex: () => new Duplex(),
  /**
   * A socket as far as TLS can see, which the kernel has nothing to do with. It has to say itself that it is
   * connected.
   */
  socket: () => {
    const socket = new Socket();
    process.nextTick(() => socket.emit('connect'));
    return socket;
  },
};

/**
 * Two ends that hear each other.
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
