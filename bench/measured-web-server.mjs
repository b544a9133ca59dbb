import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answerOf } from './answer-of.mjs';

const script = fileURLToPath(new URL('./peer/web-server.mjs', import.meta.url));

/** An HTTPS or HTTP/2 server in a separate process. */
export class MeasuredWebServer {
  #child;

  constructor(child, port) {
    this.#child = child;
    this.port = port;
  }

  /**
   * @param {'ours' | 'node'} name whose server it is
   * @param {'https' | 'http2'} group
   * @param {{ cert: string, key: string }} identity
   * @param {readonly number[]} sizes of its responses
   */
  static async start(name, group, { cert, key }, sizes) {
    const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.send({ name, group, identity: { cert, key }, sizes });
    const { port } = await answerOf(child);
    return new MeasuredWebServer(child, port);
  }

  /** What it does within that time, once so many connections are open and served. */
  slice(connections, milliseconds) {
    this.#child.send({ connections, milliseconds });
    return answerOf(this.#child);
  }

  /** Resolves when there are no connections any more. */
  idle() {
    return this.slice(0, 0);
  }

  close() {
    if (this.#child.connected) this.#child.disconnect();
  }
}
