import type net from 'node:net';

/**
 * Makes a TLS server behave like one of Node's servers for plain connections. It copies what that server derived from
 * its options, and calls its listeners for secure connections. This needs a server object because Node does not export
 * the parts of http.Server and Http2Server.
 *
 * @param model a server of that class, created only for this
 * @param events the events with listeners to take over
 */
export function behaveAs(server: net.Server, model: net.Server, events: readonly string[] = EVENTS): void {
  for (const key of Reflect.ownKeys(model)) {
    if (Object.hasOwn(server, key)) continue;
    const property = Reflect.getOwnPropertyDescriptor(model, key);
    if (property) Object.defineProperty(server, key, property);
  }
  for (const event of events) {
    for (const listener of model.listeners(event)) {
      server.on(event === 'connection' ? 'secureConnection' : event, listener as () => void);
    }
  }
}

const EVENTS = ['connection', 'listening', 'newListener'];
