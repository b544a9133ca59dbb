/**
 * The peer of all TCP cases: a node:tls server in a separate process, so that only the client's CPU and memory are
 * measured, and the same without TLS. Its parent sends the identity and receives the ports.
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { protocol } from '../contestants.mjs';
import { Task, decodeTask, taskSize } from './protocol.mjs';

process.once('message', ({ cert, key }) => {
  const server = tls.createServer({ ...protocol, cert, key, noDelay: true }, serve);
  server.on('tlsClientError', () => undefined); // clients of the handshake cases leave without a word
  const plain = net.createServer({ noDelay: true }, serve);
  const options = { port: 0, host: '127.0.0.1', backlog: 1024 };
  server.listen(options, () =>
    plain.listen(options, () =>
      process.send({ port: server.address().port, plainPort: plain.address().port }),
    ),
  );
});
process.once('disconnect', () => process.exit());

/** @param {net.Socket} socket */
function serve(socket) {
  const header = Buffer.alloc(taskSize);
  let headerLength = 0;
  let task = null;
  let taken = 0;

  /** Each consumes bytes from the front and returns how many. */
  const takeHeader = (bytes) => {
    const length = bytes.copy(header, headerLength, 0, taskSize - headerLength);
    headerLength += length;
    if (headerLength < taskSize) return length;
    headerLength = taken = 0;
    task = decodeTask(header);
    if (task.kind === Task.Download) {
      send(socket, task);
      task = null;
    }
    return length;
  };
  const takeBody = (bytes) => {
    const length = Math.min(bytes.length, task.total - taken);
    if (task.kind === Task.Echo) echo(socket, task.size, taken, length);
    taken += length;
    if (taken < task.total) return length;
    if (task.kind === Task.Upload) socket.write('.');
    task = null;
    return length;
  };

  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const rest = chunk.subarray(at);
      at += task === null ? takeHeader(rest) : takeBody(rest);
    }
  });
}

/** Answers the messages that the new bytes complete. */
function echo(socket, size, before, length) {
  const messages = Math.floor((before + length) / size) - Math.floor(before / size);
  if (messages > 0) socket.write(Buffer.alloc(messages * size, 'schannel'));
}

function send(socket, { size, total }) {
  const chunk = Buffer.alloc(size, 'schannel');
  let left = total;
  const more = () => {
    while (left > 0) {
      const part = left < size ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      if (!socket.write(part) && left > 0) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}
