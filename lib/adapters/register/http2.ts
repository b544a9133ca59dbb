import type http2 from 'node:http2';
import { promisify } from 'node:util';

import {
  connect,
  promised,
  type Authority,
  type ClientSessionOptions,
  type Listener,
} from '../http2/connect.js';
import { fitClientSession } from '../http2/session-socket.js';

type Connect = typeof http2.connect;
type Arguments = [authority: string | Authority, options?: ClientSessionOptions, listener?: Listener];

/**
 * An http2.connect() that uses Node's for connections without TLS or created by the program. A session over a socket
 * that the program created with tls.connect(), as gRPC does, is prepared like those of schannel/http2.
 */
export function connectSecurely(original: Connect): Connect {
  const either = (...args: Arguments): http2.ClientHttp2Session => {
    if (isOurs(args[0], args[1])) return connect(args[0], args[1], args[2]);
    const session = original(...(args as Parameters<Connect>));
    fitClientSession(session);
    return session;
  };
  Object.defineProperty(either, promisify.custom, { value: promised(either) });
  return either as Connect;
}

function isOurs(authority: string | Authority, options?: object): boolean {
  if (options && 'createConnection' in options && typeof options.createConnection === 'function')
    return false;
  const { protocol } = typeof authority === 'string' ? new URL(authority) : authority;
  const { protocol: asked = 'https:' } = (options ?? {}) as Authority;
  return (protocol ?? asked) === 'https:';
}
