/** Opens many connections and reports to its parent how much the process grew. */
import { once } from 'node:events';
import { loadClients } from '../contestants.mjs';
import { residentSize } from './resident-size.mjs';

const atOnce = 16;
/** Opened before the measurement starts: libraries, pools and caches are not part of the cost of a connection. */
const warmUp = 16;

process.once('message', async ({ name, ca, port, connections }) => {
  const [{ connect, createSecureContext }] = await loadClients([name]);
  const secureContext = createSecureContext({ ca });
  const sockets = [];
  const open = async () => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', secureContext });
    await once(socket, 'secureConnect');
    sockets.push(socket);
  };
  const openMany = async (count) => {
    let left = count;
    const lane = async () => {
      while (left-- > 0) await open();
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  };

  await openMany(warmUp);
  const before = await residentSize();
  await openMany(connections);
  process.send({ bytes: (await residentSize()) - before });
});
process.once('disconnect', () => process.exit());
