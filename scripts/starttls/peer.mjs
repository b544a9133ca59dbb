/**
 * A server with STARTTLS, or one in the clear, as a peer of tests: `peer.mjs NAME CERT KEY PORT…`, in its own folder.
 * Prints "ready" once all its ports answer.
 */
import { runServer } from '../peers/run-server.mjs';
import { SERVERS } from './servers.mjs';

const [name, cert, key, ...ports] = process.argv.slice(2);
await runServer(SERVERS[name]({ dir: process.cwd(), cert, key, ports }), ports);
