import type http from 'node:http';

import { Agent } from './agent.js';
import { getBy, requestBy, type Request } from './request.js';

export { Agent } from './agent.js';
export type { AgentOptions, RequestOptions } from './options.js';
export type { Request } from './request.js';
export { createServer, Server, type ServerOptions } from './server.js';

/**
 * Used for requests without an agent. It keeps connections for five seconds. The property can be replaced, as in
 * node:https.
 */
export const globalAgent: http.Agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 });

/** As https.request(), over Schannel: the options of http.request() and of connect(). */
export const request: Request = requestBy(() => globalAgent);

/** As https.get(), over Schannel. */
export const get: Request = getBy(request);
