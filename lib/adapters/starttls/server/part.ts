import type { Duplex } from 'node:stream';

/**
 * Ends a connection so that the peer gets what was sent to it: a socket that is destroyed while there is something to
 * read resets the connection, and that takes back what the peer has not read. So this reads on until the peer has
 * ended, too, or the time is over.
 */
export async function part(socket: Duplex, milliseconds: number): Promise<void> {
  socket.on('error', ignore);
  if (!socket.destroyed) await ended(socket, milliseconds);
  socket.destroy();
}

function ended(socket: Duplex, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    socket.on('close', done).on(socket.readableEnded ? 'finish' : 'end', done);
    socket.resume().end();
  });
}

function ignore(): void {
  // the failure that led here is the one to report
}
