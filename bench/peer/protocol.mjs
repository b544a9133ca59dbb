/**
 * How a case tells the peer what to do on a connection: twelve bytes, followed by the data of the task. A connection
 * can get several tasks, one after another.
 */
export const taskSize = 12;

/** What the peer does. */
export const Task = {
  /** Receives `total` bytes, then sends one. */
  Upload: 1,
  /** Sends `total` bytes in writes of `size`. */
  Download: 2,
  /** Answers each `size` bytes with as many, until it has received `total`. */
  Echo: 3,
};

/** @returns {Buffer} */
export function encodeTask(kind, size, total) {
  const task = Buffer.alloc(taskSize);
  task.writeUInt32LE(kind, 0);
  task.writeUInt32LE(size, 4);
  task.writeUInt32LE(total, 8);
  return task;
}

/** @param {Buffer} bytes {@link taskSize} of them */
export function decodeTask(bytes) {
  return { kind: bytes.readUInt32LE(0), size: bytes.readUInt32LE(4), total: bytes.readUInt32LE(8) };
}
