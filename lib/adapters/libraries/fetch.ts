import * as undici from 'undici';

import { schannelConnector, type ConnectorOptions } from '../undici.js';

/**
 * Makes a fetch() that speaks TLS by Schannel. It is Node's own, with its classes Request, Response and FormData. It
 * keeps idle connections for a few seconds. It needs the package undici, version 7 or later.
 *
 * ```js
 * const fetch = createFetch({ certificate: { subject: 'anna' } });
 * await fetch('https://intranet.example/');
 * ```
 *
 * A `certificate` is for every server that asks for one, also if another one redirected to it. Make one fetch() for
 * each identity.
 */
export function createFetch(options: ConnectorOptions = {}): typeof globalThis.fetch {
  const agent = new undici.Agent({ connect: schannelConnector(options), allowH2: options.allowH2 ?? false });
  const dispatcher = forNode(agent);
  return (input, init) => {
    const withDispatcher: object = { ...init, dispatcher };
    return fetch(input, withDispatcher);
  };
}

/** undici 8 has other handlers than the fetch() of Node 24 and earlier. What it exports for them works with each. */
function forNode(agent: undici.Agent): undici.Dispatcher {
  const Wrapper = Reflect.get(undici, 'Dispatcher1Wrapper') as
    (new (agent: undici.Agent) => undici.Dispatcher) | undefined;
  return Wrapper ? new Wrapper(agent) : agent;
}
