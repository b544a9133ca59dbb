import type tls from 'node:tls';

import type { ConnectionOptions } from '../../tls/connect.js';

/** The options of connect() that a library does not give itself. */
export type TlsOptions = Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket' | 'signal' | 'timeout'>;

/** What opens a connection in place of connect(): one that goes through a proxy, or a stand-in in tests. */
export type Connect = (options: ConnectionOptions) => tls.TLSSocket;
