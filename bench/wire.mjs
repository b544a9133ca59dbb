import { Duplex } from 'node:stream';

/**
 * One end of a connection in memory, whose other end can be taken away: the timed part of a case then runs against
 * nothing at all, and what is measured is one side of TLS alone.
 *
 * Bytes written are handed to {@link Wire.receive} and count as sent at once.
 */
export class Wire extends Duplex {
  /** Where written bytes go; they may be reused by the writer as soon as it returns. @type {(chunk: Buffer) => void} */
  receive = () => undefined;
  /** Called once when the reader asks for more. @type {() => void} */
  #wanted = () => undefined;

  _read() {
    this.#wanted();
  }

  _write(chunk, _encoding, callback) {
    this.receive(chunk);
    callback();
  }

  _writev(writes, callback) {
    for (const { chunk } of writes) this.receive(chunk);
    callback();
  }

  /** Resolves when the reader asks for more. */
  demand() {
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }
}

/**
 * Two ends that hear each other.
 *
 * @returns {[Wire, Wire]}
 */
export function createWires() {
  const near = new Wire();
  const far = new Wire();
  near.receive = (chunk) => void far.push(Buffer.from(chunk));
  far.receive = (chunk) => void near.push(Buffer.from(chunk));
  return [near, far];
}
