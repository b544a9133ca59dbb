/**
 * Where libuv puts what it reads, one area for all sockets of a thread: the engine takes what it needs before the
 * callback returns, so that a connection that idles holds no memory for reading, and one read can be large.
 */
let area: Uint8Array | undefined;

const AREA_LENGTH = 256 * 1024;

/** The `onread` option for a net.Socket whose bytes go to `receive`. */
export function sharedRead(receive: (chunk: Uint8Array) => void): {
  buffer: Uint8Array;
  callback: (length: number, buffer: Uint8Array) => boolean;
} {
  area ??= Buffer.allocUnsafeSlow(AREA_LENGTH);
  return {
    buffer: area,
    callback: (length, buffer) => {
      receive(buffer.subarray(0, length));
      return true;
    },
  };
}
