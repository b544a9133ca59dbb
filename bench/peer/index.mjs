import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./server.mjs', import.meta.url));

/** Starts the peer (server.mjs) and waits until it listens on `port`, and without TLS on `plainPort`. */
export async function startPeer({ cert, key }) {
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send({ cert, key });
  const [{ port, plainPort }] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the peer ended with code ${code}`);
    }),
  ]);
  return {
    port,
    plainPort,
    close() {
      if (child.connected) child.disconnect();
    },
  };
}
