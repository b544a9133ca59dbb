import type http from 'node:http';

import type { ConnectionOptions } from '../../tls/connect.js';
import type { ProxyChoice } from '../proxy/index.js';

/** Options of request() and get(): those of http.request() and of connect(). */
export interface RequestOptions
  extends http.RequestOptions, Omit<ConnectionOptions, keyof http.RequestOptions> {}

/** Options of an Agent: those of http.Agent and of connect(), and which proxy its connections take. */
export interface AgentOptions
  extends http.AgentOptions, Omit<ConnectionOptions, keyof http.AgentOptions>, ProxyChoice {
  /** Accepted but not used: Windows itself caches sessions. */
  readonly maxCachedSessions?: number | undefined;
}
