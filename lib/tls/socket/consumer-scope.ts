import { AsyncResource } from 'node:async_hooks';

/**
 * Where listeners and callbacks of a socket's user are called from: in the async context of who made the socket, as
 * node:tls does by its handle, and so that what they throw becomes an uncaught exception without cutting short what
 * the connection is doing.
 */
export class ConsumerScope {
  // No hook waits for its end. Without the flag the garbage collector would watch every socket.
  readonly #resource = new AsyncResource('SchannelSocket', { requireManualDestroy: true });

  get asyncId(): number {
    return this.#resource.asyncId();
  }

  run<Arguments extends unknown[]>(action: (...args: Arguments) => void, ...args: Arguments): void {
    try {
      this.#resource.runInAsyncScope(action, undefined, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
