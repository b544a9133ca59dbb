import type http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

import { connect, type ConnectionOptions } from '../../tls/connect.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { callable } from '../../base/callable.js';
import { identityOfOptions } from './option-identity.js';
import type { AgentOptions, RequestOptions } from './options.js';

/** It answers, which its type does not tell. */
const nodes = https.Agent.prototype as unknown as {
  keepSocketAlive(this: https.Agent, socket: Duplex): boolean;
};

type Created = (error: Error | null, stream: Duplex) => void;

class SchannelAgent extends https.Agent {
  /** @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for `proxyEnv` */
  constructor(options: AgentOptions = {}) {
    if ('proxyEnv' in options && options.proxyEnv != null) throw proxyRefused();
    super(options as https.AgentOptions);
  }

  /** One more connection, as https.Agent's in all its forms. */
  override createConnection(options: RequestOptions, callback?: Created): Duplex;
  override createConnection(...args: unknown[]): Duplex {
    // A session that a program kept from another connection is not used: Windows keeps its own.
    return connect({ ...optionsOf(args), session: null } as ConnectionOptions);
  }

  /**
   * Connections with the same name are shared. Beside what node:https tells apart it names every option that decides
   * who one is and whom one trusts, so that no request goes out under another's certificate.
   */
  override getName(options: RequestOptions = {}): string {
    // Without Node's own mark for a function that checks names: here it is known again.
    const named = Object.fromEntries(Object.entries(options));
    const identity = identityOfOptions(named);
    return super.getName(named) + (identity && `:${identity}`);
  }

  override keepSocketAlive(socket: Duplex): boolean {
    if (!nodes.keepSocketAlive.call(this, socket) || socket.readableLength > 0) return false;
    socket.on('data', endUnasked);
    return true;
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    socket.off('data', endUnasked);
    super.reuseSocket(socket, request);
  }
}

/**
 * An https.Agent whose connections are Schannel's. It takes the options of connect() beside its own, and is what axios,
 * got, node-fetch, ws and others take as `agent`.
 */
export type Agent = SchannelAgent;
export const Agent = callable(SchannelAgent);

/** What comes on a connection that waits for its next request would be taken for the answer to that. */
function endUnasked(this: Duplex): void {
  this.destroy();
}

function optionsOf(args: readonly unknown[]): object {
  const [first, second, third] = args;
  if (isObject(first)) return first;
  return {
    ...(isObject(second) ? second : isObject(third) ? third : {}),
    ...(typeof first === 'number' ? { port: first } : {}),
    ...(typeof second === 'string' ? { host: second } : {}),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function proxyRefused(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    'The option "proxyEnv" cannot be honoured: this agent opens no tunnels by itself',
    { advice: 'Open the tunnel by CONNECT and give its stream as `socket`; docs/https.md shows how.' },
  );
}
