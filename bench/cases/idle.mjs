/** How much memory an idle connection needs. Each sample uses a new process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../peer/idle-client.mjs', import.meta.url));

/** @param {import('../run.mjs').Bench} bench */
export async function run({ identity, clients, peer, figures, roundCount, connections }) {
  const figure = figures.get('idle', `one of ${connections} idle connections`, 'KiB');
  for (let round = 0; round < roundCount; round++) {
    for (const { name } of clients)
      figure.add(name, await measure({ name, ca: identity.ca, port: peer.port, connections }));
  }
}

async function measure(task) {
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--expose-gc'] });
  const exit = once(child, 'exit');
  child.send(task);
  const [{ bytes }] = await Promise.race([
    once(child, 'message'),
    exit.then(([code]) => {
      throw new Error(`the client with idle connections ended with code ${code}`);
    }),
  ]);
  child.disconnect();
  await exit;
  return bytes / task.connections / 1024;
}
