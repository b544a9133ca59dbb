import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { answerOf } from './answer-of.mjs';
import { protocol } from './contestants.mjs';

const script = fileURLToPath(new URL('./peer/measured-server.mjs', import.meta.url));

/** A server in a separate process, and node:tls clients for it. */
export class MeasuredServer {
  #child;
  #options;

  constructor(child, options) {
    this.#child = child;
    this.#options = options;
  }

  /**
   * @param {'ours' | 'node'} name which library runs the server
   * @param {object} options its certificate
   * @param {string | string[]} ca what its clients trust
   * @param {readonly string[]} [flags] of its node
   */
  static async start(name, options, ca, flags = []) {
    const child = fork(script, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: ['--expose-gc', ...flags],
    });
    child.send({ name, options });
    const { port } = await answerOf(child);
    // Schannel's servers accept no list of suites. A client that offers only one has the same effect.
    const secureContext = tls.createSecureContext({ ...protocol, ca });
    return new MeasuredServer(child, { port, host: '127.0.0.1', servername: 'localhost', secureContext });
  }

  get port() {
    return this.#options.port;
  }

  /** Opens a secure connection. */
  async connect() {
    const socket = tls.connect(this.#options);
    await once(socket, 'secureConnect');
    return socket;
  }

  /** The size of the process with so many open connections. */
  state(open) {
    this.#child.send({ open });
    return answerOf(this.#child);
  }

  close() {
    this.#child.disconnect();
  }
}
