/**
 * A server that wants certificates, as a peer of tests: `peer.mjs NAME CERT KEY CA PORT…`, in its own folder. Prints
 * "ready" once all its ports answer.
 */
import { runServer } from '../peers/run-server.mjs';
import { SERVERS } from './servers.mjs';

const [name, cert, key, ca, ...ports] = process.argv.slice(2);
await runServer(SERVERS[name]({ dir: process.cwd(), cert, key, ca, ports }), ports);
