import type net from 'node:net';

/**
 * Lets a TLS server behave as one of Node's servers for plain connections: takes over what that made of its options,
 * and has its listeners hear of connections that are secure. The way leads through an object of the class, since Node has
 * the parts of http.Server and Http2Server for its own servers only.
 *
 * @param model a server of the wanted kind, made for this only
 * @param events whose listeners are taken over
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
